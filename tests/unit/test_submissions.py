"""What is accepted, refused, repeated and kept waiting."""

import asyncio

import pytest

from myna.core.idempotency import New, Request
from myna.core.projection import Projection
from myna.pipeline.submission import Stage, Submission
from myna.pipeline.submissions import ACCEPT_S, Submissions
from myna.pipeline.unseen import UNSEEN_S
from myna.protocol.errors import ChatError
from myna.protocol.events import WAITING_LIMIT
from myna.protocol.frames import MessageSend
from myna.protocol.topology import RoutingKey
from myna.store.port import IdempotencyRecord
from tests.unit.house import PARTS, WHOLE, Caller, House, forget, in_house
from tests.unit.lines import ANN, BEN, OTHER_TALK, TALK, body, record, said, uid, whole


def test_a_message_is_accepted_answered_and_its_answer_is_whole() -> None:
    async def test(house: House) -> None:
        ann = Caller(await house.node())
        house.worker()
        ann.send(1)
        await house.until(ann.ends)
        assert ann.heard == [(uid(1), "accepted")]
        assert ann.parts(1) == list(enumerate(PARTS))
        assert ann.whole(1) == [WHOLE]

    in_house(test)


def test_nothing_is_accepted_before_the_broker_has_confirmed() -> None:
    async def test(house: House) -> None:
        node = await house.node()
        ann = Caller(node)
        confirm = asyncio.get_running_loop().create_future()
        node.link.submit = lambda key, lines: confirm  # type: ignore[method-assign]
        ann.send(1)
        await asyncio.sleep(1)
        assert ann.heard == []
        confirm.set_result(None)
        await asyncio.sleep(0)
        assert ann.answers(1) == ["accepted"]

    in_house(test)


# --- the same id again


@pytest.mark.parametrize("when", ["at once", "accepted", "being answered", "answered"])
@pytest.mark.parametrize("where", ["on the same node", "on another node"])
def test_the_same_id_is_one_message_however_often_it_is_sent(when: str, where: str) -> None:
    async def test(house: House) -> None:
        first = Caller(await house.node())
        second = first if where == "on the same node" else Caller(await house.node())
        house.worker()
        first.send(1)
        moments = {
            "at once": lambda: True,
            "accepted": lambda: first.heard,
            "being answered": lambda: second.parts(1),
            "answered": second.ends,
        }
        await house.until(moments[when])
        second.send(1)
        await house.until(lambda: second.answers(1)[1:] if second is first else second.answers(1))
        await house.until(first.ends)
        await asyncio.sleep(20)
        assert first.answers(1)[0] == "accepted"
        if when not in ("at once", "accepted") or second is first:  # else it can't know yet; the log sorts it out
            assert second.answers(1)[-1] == "duplicate"
        for one in (first, second):
            assert one.created() == [uid(1)]
            assert one.ends() == [(uid(1), "stop")]
            assert one.whole(1) == [WHOLE]

    in_house(test)


@pytest.mark.parametrize("when", ["at once", "answered", "only the rows know"])
def test_an_id_used_for_something_else_is_a_conflict(when: str) -> None:
    async def test(house: House) -> None:
        node = await house.node()
        ann, ben = Caller(node, born_ms=0), Caller(node, BEN)
        house.worker()
        ann.send(1)
        if when != "at once":
            await house.until(ann.ends)
        if when == "only the rows know":
            await forget(house, node.services.projection)
        ann.send(1, "something else")
        ann.send(1, conversation=OTHER_TALK)
        ann.regenerate(1, 1)
        ben.send(1, "another owner's id is another id")
        await house.until(lambda: len(ann.answers(1)) == 4 and ben.heard)
        assert sorted(ann.answers(1)) == ["accepted", "conflict", "conflict", "conflict"]
        assert ben.answers(1) == ["accepted"]

    in_house(test)


def test_an_id_that_only_the_rows_know_is_a_duplicate_too() -> None:
    async def test(house: House) -> None:
        node = await house.node()
        ann = Caller(node, born_ms=0)
        house.worker()
        ann.send(1)
        await house.until(ann.ends)
        await forget(house, node.services.projection)
        ann.send(1)
        ann.send(2)
        await house.until(lambda: len(ann.heard) == 3)
        assert ann.answers(1) == ["accepted", "duplicate"]
        await house.until(lambda: len(ann.ends()) == 2)
        assert ann.created() == [uid(1), uid(2)]

    in_house(test)


# --- order and waiting


def test_eight_wait_the_ninth_is_busy_and_all_are_answered_in_order_one_at_a_time() -> None:
    async def test(house: House) -> None:
        ann = Caller(await house.node())
        house.worker()
        for number in range(1, WAITING_LIMIT + 3):
            ann.send(number)
        assert ann.heard == [(uid(WAITING_LIMIT + 2), "busy")]
        await house.until(lambda: len(ann.ends()) == WAITING_LIMIT + 1)
        expected = [uid(number) for number in range(1, WAITING_LIMIT + 2)]
        assert ann.created() == expected
        story = [(frame["type"], frame.get("message_id", frame.get("id"))) for frame in ann.frames]
        turns = [one for one in story if one[0] in ("message.created", "reply.completed")]
        assert turns == [(kind, one) for one in expected for kind in ("message.created", "reply.completed")]

    in_house(test)


def test_conversations_do_not_wait_for_each_other_and_nodes_wait_for_each_other() -> None:
    async def test(house: House) -> None:
        here, there = Caller(await house.node()), Caller(await house.node())
        here.send(1)
        await house.until(there.created)
        there.send(2)
        there.send(3, conversation=OTHER_TALK)
        await house.until(lambda: there.answers(3))
        assert there.answers(2) == [], "there is no worker, so the first turn is still open"
        house.worker()
        await house.until(lambda: len(here.ends()) == 3)
        assert here.created() == [uid(1), uid(3), uid(2)]

    in_house(test)


# --- the broker away


def test_a_short_outage_is_sat_out_and_a_long_one_is_told_to_all_who_wait() -> None:
    async def test(house: House) -> None:
        ann = Caller(await house.node())
        house.worker()
        house.broker.lose()
        ann.send(1)
        await asyncio.sleep(ACCEPT_S / 2)
        house.broker.recover()
        await house.until(lambda: ann.answers(1))
        assert ann.answers(1) == ["accepted"]
        await house.until(ann.ends)
        house.broker.lose()
        for number in (2, 3, 4):
            ann.send(number)
        await asyncio.sleep(ACCEPT_S + 1)
        assert ann.heard[1:] == [(uid(2), "busy"), (uid(3), "busy"), (uid(4), "busy")], "none overtakes one that may come again"
        house.broker.recover()
        for number in (2, 3, 4):
            ann.send(number)
        await house.until(lambda: len(ann.ends()) == 4)
        assert ann.created() == [uid(1), uid(2), uid(3), uid(4)]

    in_house(test)


def test_a_stop_with_the_broker_away_is_busy() -> None:
    async def test(house: House) -> None:
        ann = Caller(await house.node())
        ann.send(1)
        await house.until(ann.created)
        house.broker.lose()
        with pytest.raises(ChatError) as refused:
            await ann.stop(1)
        assert refused.value.code == "busy"

    in_house(test)


def test_an_accepted_message_that_never_came_back_by_the_log_is_published_again() -> None:
    async def test(house: House) -> None:
        ear = Caller(await house.node())
        projection, heard = Projection("e1"), list[object]()
        submissions = Submissions(house.broker, house.store, projection)  # whose node does not read the log
        frame = MessageSend(type="message.send", id=uid(1), conversation_id=TALK, text="x")
        submissions.submit(ear.session, frame, heard.append, lambda: True)
        await house.until(lambda: heard)
        submissions.unseen.repeat()
        assert len(house.log()) == 1, "not at once"
        await asyncio.sleep(UNSEEN_S + 0.1)
        submissions.unseen.repeat()
        await house.until(lambda: len(house.log()) == 2)
        assert house.log()[0] == house.log()[1]
        assert ear.created() == [uid(1)]
        submissions.unseen.observe(projection.fold(record(0, house.log()[0]), 0.0))
        await asyncio.sleep(UNSEEN_S + 0.1)
        submissions.unseen.repeat()
        await asyncio.sleep(1)
        assert len(house.log()) == 2, "what was seen is not repeated"

    in_house(test)


def test_too_much_to_store_refuses_new_messages_and_drops_nothing() -> None:
    async def test(house: House) -> None:
        node = await house.node()
        ann = Caller(node)
        house.store.lose()
        await house.broker.submit(RoutingKey.EVENT, [body(*whole(said(1, owner=ANN)))])
        await house.until(ann.created)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("myna.core.backlog.PENDING_LIMIT", 1)
            ann.send(2)
        assert ann.answers(2) == ["busy"]
        ann.send(2)
        await house.until(lambda: ann.answers(2)[1:])
        assert ann.answers(2) == ["busy", "accepted"]

    in_house(test)


# --- look-ups in the database


def test_a_fault_in_one_look_up_refuses_that_message_and_its_conversation_goes_on() -> None:
    async def test(house: House) -> None:
        node = await house.node()
        ann = Caller(node, born_ms=0)  # older than the window, so the database is asked about her ids
        house.worker()
        ann.send(9)
        await house.until(ann.ends)
        await forget(house, node.services.projection)
        working = house.store.idempotency_records

        async def broken(keys: object) -> list[IdempotencyRecord]:
            raise TypeError("a fault of ours")

        house.store.idempotency_records = broken  # type: ignore[method-assign]
        ann.send(1)
        ann.send(2)
        await house.until(lambda: len(ann.heard) == 3)
        assert ann.heard[1:] == [(uid(1), "busy"), (uid(2), "busy")]
        house.store.idempotency_records = working  # type: ignore[method-assign]
        ann.send(1)
        ann.send(2)
        await house.until(lambda: len(ann.ends()) == 3)
        assert ann.created() == [uid(9), uid(1), uid(2)]

    in_house(test)


def test_a_message_and_at_once_one_more_reply_to_it_are_both_accepted() -> None:
    async def test(house: House) -> None:
        ann = Caller(await house.node())
        house.worker()
        ann.send(1)
        ann.regenerate(2, 1)
        await house.until(lambda: len(ann.ends()) == 2)
        assert [result for _, result in ann.heard] == ["accepted", "accepted"]
        assert ann.whole(1) == [WHOLE, WHOLE]

    in_house(test)


def test_a_submission_never_goes_back_a_stage() -> None:
    submission = Submission(Request(ANN, TALK, uid(1), "hello"), uid(2), None, [], lambda: True, New("hello"))
    submission.advance(Stage.PUBLISHING)
    with pytest.raises(AssertionError):
        submission.advance(Stage.WAITING)
