"""A brain is told what was said on the path from the root, the same on every try, wherever its message came from."""

import json
from typing import Any

import pytest

from myna.mock_ai.port import Prompt
from myna.protocol import log_codec
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import WHOLE, Cluster, NodeClient, SlowBrain, forget, in_cluster
from tests.unit.log_events import CONVERSATION, OTHER_CONVERSATION, accepted_message, uid, whole
from tests.unit.pipeline.test_branches import in_turn, reply

SHORT = ("ok",)


def told(prompt: Prompt) -> list[str]:
    """The conversation so far, as the brain was told it."""
    return [f"{message.role}: {message.text}" for message in prompt.history]


def asked(*texts: str, answer: str = "ok") -> list[str]:
    return [line for text in texts for line in (f"user: {text}", f"assistant: {answer}")]


async def say(cluster: Cluster, client: NodeClient, number: int, text: str, **more: Any) -> Prompt:
    """Send a message and wait for its reply; what the brain was given."""
    ended = len(client.ends())
    client.send(number, text, **more)
    await cluster.until(lambda: len(client.ends()) > ended)
    return brain_of(cluster).prompts[-1]


def brain_of(cluster: Cluster) -> SlowBrain:
    assert isinstance(cluster.brain, SlowBrain)
    return cluster.brain


@pytest.mark.parametrize("remembered", ["all of it", "nothing", "the end"])
def test_the_history_is_the_path_and_no_other_branch(remembered: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await say(cluster, ann, 1, "one")
        await say(cluster, ann, 2, "two")
        await say(cluster, ann, 3, "other two", parent=reply(1))
        if remembered != "all of it":
            await forget(cluster, node.services.projection)
            node.services.projection._window._limit = 0 if remembered == "nothing" else 2**20
        prompt = await say(cluster, ann, 4, "three", parent=reply(2))
        assert (told(prompt), prompt.turn_number) == (asked("one", "two"), 3)
        prompt = await say(cluster, ann, 5, "four")
        assert (told(prompt), prompt.turn_number) == (asked("one", "two", "three"), 4)
        prompt = await say(cluster, ann, 6, "other three", parent=reply(3))
        assert (told(prompt), prompt.turn_number) == (asked("one", "other two"), 3)
        prompt = await say(cluster, ann, 7, "after a message", parent=uid(2))
        assert (told(prompt), prompt.turn_number) == ([*asked("one"), "user: two"], 3)
        prompt = await say(cluster, ann, 8, "anew", parent=None)
        assert (told(prompt), prompt.turn_number) == ([], 1)

    in_cluster(test, SlowBrain(SHORT, history=1_000))


@pytest.mark.parametrize("remembered", ["all of it", "nothing"])
def test_one_more_reply_is_made_of_the_same_history(remembered: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await say(cluster, ann, 1, "one")
        first = await say(cluster, ann, 2, "two")
        await say(cluster, ann, 3, "three")
        if remembered == "nothing":
            await forget(cluster, node.services.projection)
        ann.regenerate(4, 2)
        await cluster.until(lambda: len(ann.ends()) == 4)
        again = brain_of(cluster).prompts[-1]
        assert (told(again), again.turn, again.text) == (told(first), first.turn, first.text) == (asked("one"), 2, "two")

    in_cluster(test, SlowBrain(SHORT, history=1_000))


@pytest.mark.parametrize(("characters", "kept"), [(0, 0), (6, 0), (7, 1), (9, 1), (10, 2), (17, 3), (20, 4)])
@pytest.mark.parametrize("remembered", ["all of it", "nothing"])
def test_the_history_is_cut_at_its_beginning_and_the_turn_is_counted_all_the_same(characters: int, kept: int, remembered: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await say(cluster, ann, 1, "one")
        await say(cluster, ann, 2, "two")
        if remembered == "nothing":
            await forget(cluster, node.services.projection)
        prompt = await say(cluster, ann, 3, "three")
        assert prompt.turn == 3
        assert told(prompt) == asked("one", "two", answer="answers")[4 - kept :] if kept else told(prompt) == []

    in_cluster(test, SlowBrain(("answers",), history=characters))


def test_a_reply_without_text_is_left_out_of_the_history() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1, "one")
        ann.send(2, "two")
        await ann.stop(2)
        await cluster.until(lambda: len(ann.ends()) == 2)
        assert told(await say(cluster, ann, 3, "three")) == [*asked("one"), "user: two"]

    in_cluster(test, SlowBrain(SHORT, history=1_000))


def test_a_try_after_a_crash_is_given_the_same_history() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        first = cluster.worker()
        await say(cluster, ann, 1, "one")
        ann.send(2, "two")
        await cluster.until(lambda: ann.parts(2))
        await first.kill()
        cluster.worker()
        await cluster.until(lambda: len(ann.ends()) == 2)
        before, after = brain_of(cluster).prompts[-2:]
        assert ann.whole(2) == [WHOLE]
        assert before == after
        assert (told(after), after.turn) == (asked("one", answer=WHOLE), 2)

    in_cluster(test, SlowBrain(history=1_000))


def test_no_history_travels_where_the_brain_wants_none() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        await say(cluster, ann, 1, "one")
        prompt = await say(cluster, ann, 2, "two")
        assert (prompt.history, prompt.turn) == ((), 2)
        assert b"history" not in b"".join(record.body for record in cluster.broker.queues.log)

    in_cluster(test, SlowBrain(SHORT))


def test_a_job_that_is_queued_again_or_goes_into_another_log_keeps_its_history() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node)
        worker = cluster.worker()
        await say(cluster, ann, 1, "one")
        await worker.kill()
        ann.send(2, "two")
        await cluster.until(lambda: len(ann.created()) == 2)
        (open_reply,) = node.services.projection.open_replies.values()
        assert [item.text for item in log_codec.read_job(open_reply.line).history] == ["one", "ok"]
        assert open_reply.line in node.services.projection.unsettled()

    in_cluster(test, SlowBrain(SHORT, history=1_000))


# --- published by hand


async def publish(cluster: Cluster, client: NodeClient, **message: Any) -> None:
    ended = len(client.ends())
    fields = {"owner": client.session.owner, "conversation_id": CONVERSATION} | message
    await cluster.broker.submit(RoutingKey.WORK, [json.dumps(fields).encode()])
    await cluster.until(lambda: len(client.ends()) > ended)


def test_a_message_published_by_hand_follows_what_it_names_or_the_newest_reply() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        await publish(cluster, ann, id=uid(1), text="one")
        await say(cluster, ann, 2, "two")
        await publish(cluster, ann, id=uid(3), text="three")
        await publish(cluster, ann, id=uid(4), text="other two", parent_id=reply(1))
        await publish(cluster, ann, id=uid(5), text="anew", parent_id=None)
        await publish(cluster, ann, id=uid(6), text="who knows", parent_id=uid(77))
        assert ann.parents() == {uid(1): None, uid(2): reply(1), uid(3): reply(2), uid(4): reply(1), uid(5): None, uid(6): uid(77)}
        prompts = brain_of(cluster).prompts
        assert [told(prompt) for prompt in prompts] == [[], asked("one"), asked("one", "two"), asked("one"), [], []]
        assert [prompt.turn for prompt in prompts] == [1, 2, 3, 2, 1, None]

    in_cluster(test, SlowBrain(SHORT, history=1_000))


def test_many_messages_published_by_hand_share_a_read_of_the_log() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        worker = cluster.worker()
        reads = 0
        read = worker.responder._places._read

        async def counted(conversations: Any) -> Any:
            nonlocal reads
            reads += 1
            return await read(conversations)

        worker.responder._places._read = counted  # type: ignore[method-assign]
        for number, conversation in enumerate((CONVERSATION, OTHER_CONVERSATION) * 20):
            fields = {"owner": ann.session.owner, "conversation_id": conversation, "id": uid(number + 1), "text": f"number {number}"}
            await cluster.broker.submit(RoutingKey.WORK, [json.dumps(fields).encode()])
        await cluster.until(lambda: len(ann.ends()) == 40)
        assert reads < 40

    in_cluster(test, SlowBrain(SHORT, history=1_000))


def test_a_message_by_hand_in_a_conversation_older_than_the_log_finds_its_parent_when_it_is_stored() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await in_turn(cluster, ann, 1)
        await cluster.until(lambda: not node.services.projection.pending)
        await forget(cluster, node.services.projection)
        cluster.broker.queues.log.clear()
        await cluster.broker.submit(
            RoutingKey.EVENT, [b"\n".join(map(log_codec.encode, whole(accepted_message(50, conversation=uid(9)), "x")))]
        )
        await publish(cluster, ann, id=uid(2), text="two")
        await cluster.until(lambda: not node.services.projection.pending)
        assert cluster.store.stored[ann.session.owner, uid(2)].parent_id == reply(1)

    in_cluster(test, SlowBrain(SHORT))
