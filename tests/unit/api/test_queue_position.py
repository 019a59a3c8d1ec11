"""GET /api/line: who waits can see their own places in the queue, and nobody else's."""

from uuid import uuid4

from myna.core.replies import OpenReply
from myna.protocol.events import BEGINNING
from myna.web.api.queue_position import FRESH_S, QueuePosition, Waiting
from tests.services.processes import until
from tests.unit.api.conftest import Person, person_at, serving
from tests.unit.log_events import ANN, BEN, CONVERSATION, OTHER_CONVERSATION, accepted_message, started, uid

BEGUN, FIRST, SECOND, THIRD = (
    OpenReply(one, BEGINNING, 0.0)
    for one in (
        accepted_message(1),
        accepted_message(2, owner=BEN),
        accepted_message(3),
        accepted_message(4, conversation=OTHER_CONVERSATION),
    )
)
BEGUN.start(started(accepted_message(1)))


def place(conversation_id: str, number: int, at: int) -> QueuePosition:
    return QueuePosition(conversation_id=conversation_id, message_id=uid(number), place=at)


def test_a_place_counts_everybody_who_waits_before_and_nobody_who_is_being_answered() -> None:
    waiting = Waiting(lambda: 0.0)

    assert waiting.of(ANN, lambda: [BEGUN, FIRST, SECOND, THIRD]) == [place(CONVERSATION, 3, 2), place(OTHER_CONVERSATION, 4, 3)]
    assert waiting.of(BEN, list) == [place(CONVERSATION, 2, 1)]


def test_the_queue_is_counted_anew_after_a_moment_and_not_for_each_request() -> None:
    now = [0.0]
    waiting = Waiting(lambda: now[0])
    waiting.of(ANN, lambda: [FIRST, SECOND])

    now[0] = FRESH_S / 2
    meanwhile = waiting.of(ANN, lambda: [SECOND])
    now[0] = FRESH_S
    then = waiting.of(ANN, lambda: [SECOND])

    assert (meanwhile, then) == ([place(CONVERSATION, 3, 2)], [place(CONVERSATION, 3, 1)])


async def test_a_person_moves_up_as_others_are_answered() -> None:
    async def places_of(person: Person) -> list[tuple[str, int]]:
        answer = (await person.get("/api/line")).json()
        return [(item["message_id"], item["place"]) for item in answer["items"]]

    async with serving(prefetch=1) as served, person_at(served) as ann, person_at(served) as ben:
        conversations = [str(uuid4()) for _ in range(3)]
        running = await ann.say("/slow 5", conversation_id=conversations[0])

        async def begun() -> bool:
            return any(item["role"] == "assistant" for item in await ann.messages(conversations[0]))

        await until(begun, 30, "the first reply")
        bens = await ben.say("/slow 5", conversation_id=conversations[1])
        anns = await ann.say("/echo hi", conversation_id=conversations[2])

        async def stand() -> bool:
            return await places_of(ann) == [(anns["id"], 2)] and await places_of(ben) == [(bens["id"], 1)]

        await until(stand, 30, "both in line")
        await served.node.services.commands.stop(ann.owner, conversations[0], running["id"])

        async def moved() -> bool:
            return await places_of(ann) == [(anns["id"], 1)] and await places_of(ben) == []

        await until(moved, 30, "one step forward")
        await served.node.services.commands.stop(ben.owner, conversations[1], bens["id"])
        await ann.answered(conversations[2])
        assert await places_of(ann) == []
