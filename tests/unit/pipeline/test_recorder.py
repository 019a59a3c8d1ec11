"""Messages are stored once and in order, by one recorder among however many, whatever the database does."""

import asyncio

import pytest

from myna.pipeline.queries import SETTLE_S
from myna.pipeline.recorder import FLUSH_S
from myna.protocol.topology import RoutingKey
from myna.protocol.views import MessageView
from myna.store.port import IdempotencyKey
from tests.fakes.memory_store import MemoryWriterLock
from tests.simulation.processes import Node
from tests.unit.cluster import PARTS, Cluster, NodeClient, in_cluster, simulated
from tests.unit.log_events import ANN, CONVERSATION, accepted_message, body, uid, whole

TAKEOVER_S = 5.0


async def rows(cluster: Cluster) -> list[tuple[str, str]]:
    """What the database has of the conversation, in order: role and text."""
    page = await cluster.store.messages(ANN, CONVERSATION, limit=100, before=None)
    return [(view.role, view.text) for view in page.items]


def stored(node: Node) -> bool:
    projection = node.services.projection
    return not projection.pending and projection.stored is not None and projection.stored.high == projection.reached


TURN = [("user", "hello"), ("assistant", "".join(PARTS))]


@simulated
async def test_a_turn_is_stored_once_by_one_of_two_nodes_and_both_know_it(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    ann = NodeClient(here)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    await cluster.until(lambda: stored(here) and stored(there))
    assert await rows(cluster) == TURN
    assert here.services.recorder.active + there.services.recorder.active == 1


def test_a_reader_of_what_was_said_this_very_moment_does_not_wait_for_the_next_batch() -> None:
    async def test(cluster: Cluster) -> None:
        nodes = [await cluster.node(), await cluster.node()]
        ann = NodeClient(nodes[0])
        cluster.worker()
        ann.send(1)
        await cluster.until(ann.ends)
        for node in nodes:
            began = cluster.loop.now
            thread = await node.services.queries.messages(ann.session, CONVERSATION, limit=10, before=None, at_least=None)
            assert [(view.role, view.text) for view in thread.items] == TURN
            assert not node.services.projection.unstored(ANN)
            assert cluster.loop.now - began < SETTLE_S

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("myna.pipeline.recorder.POLL_S", 60.0)
        patch.setattr("myna.pipeline.recorder.IDLE_S", 60.0)
        in_cluster(test)


@simulated
async def test_another_node_takes_over_within_five_seconds(cluster: Cluster) -> None:
    nodes = [await cluster.node(), await cluster.node()]
    cluster.worker()
    await cluster.until(lambda: any(node.services.recorder.active for node in nodes))
    recording = next(node for node in nodes if node.services.recorder.active)
    other = next(node for node in nodes if node is not recording)
    ann = NodeClient(other)
    ann.send(1)
    await cluster.until(lambda: ann.parts(1))
    await recording.kill()
    killed_at = cluster.loop.now
    await cluster.until(lambda: other.services.recorder.active)
    assert cluster.loop.now - killed_at <= TAKEOVER_S
    await cluster.until(ann.ends)
    await cluster.until(lambda: stored(other))
    assert await rows(cluster) == TURN


@simulated
async def test_with_the_database_away_chat_goes_on_and_everything_is_stored_afterwards_in_order(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    cluster.store.lose()
    for number in (2, 3):
        ann.send(number)
    await cluster.until(lambda: len(ann.ends()) == 3)
    assert ann.ends() == [(uid(number), "stop") for number in (1, 2, 3)]
    await asyncio.sleep(60)
    cluster.store.recover()
    await cluster.until(lambda: stored(node))
    assert await rows(cluster) == TURN * 3


@simulated
async def test_a_lost_answer_of_the_database_stores_nothing_twice(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    for number in (1, 2, 3):
        cluster.store.lose_next_commit_ack()
        ann.send(number)
        await cluster.until(lambda number=number: len(ann.ends()) == number)  # type: ignore[misc]
    await cluster.until(lambda: stored(node))
    assert await rows(cluster) == TURN * 3


@simulated
async def test_a_recorder_that_lost_its_writer_lock_steps_down_and_nothing_is_stored_twice(cluster: Cluster) -> None:
    nodes = [await cluster.node(), await cluster.node()]
    ann = NodeClient(nodes[0])
    cluster.worker()
    for number in (1, 2, 3):
        ann.send(number)
        await cluster.until(lambda number=number: len(ann.parts(number)) == 2)  # type: ignore[misc]
        cluster.store.lose_writer_lock()
    await cluster.until(lambda: len(ann.ends()) == 3)
    await cluster.until(lambda: all(stored(node) for node in nodes))
    assert await rows(cluster) == TURN * 3


@simulated
async def test_a_fact_that_the_database_refuses_is_set_aside_alone(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    bad = whole(accepted_message(1, "before"), "has NUL: \0")
    await cluster.broker.submit(RoutingKey.EVENT, [body(event) for event in [*bad, *whole(accepted_message(2, "after"), "fine")]])
    await cluster.until(lambda: len(ann.ends()) == 2)
    await cluster.until(lambda: stored(node))
    assert await rows(cluster) == [("user", "before"), ("user", "after"), ("assistant", "fine")]
    assert node.services.recorder.refused == 1
    assert [fact.id for fact, _ in cluster.store.refused if isinstance(fact, MessageView)] == [accepted_message(1).reply_id]


@simulated
async def test_a_node_that_starts_finds_a_reply_that_was_open_when_it_was_recorded_last(cluster: Cluster) -> None:
    first = await cluster.node()
    ann = NodeClient(first)
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: len(ann.parts(1)) == 3)
    await asyncio.sleep(0.2)
    await first.kill()
    second = await cluster.node()
    later = NodeClient(second)
    assert len(second.services.projection.open_replies) == 1
    await cluster.until(later.ends)
    await cluster.until(lambda: stored(second))
    assert later.whole(1) == ["".join(PARTS)]
    assert await rows(cluster) == TURN
    (known,) = await cluster.store.idempotency_records([IdempotencyKey(ANN, CONVERSATION, uid(1), accepted_message(1).reply_id)])
    assert known.reply is not None
    assert known.reply.parts == len(PARTS)


@simulated
async def test_a_node_that_never_read_what_the_database_lacks_leaves_recording_to_one_that_starts(cluster: Cluster) -> None:
    first = await cluster.node()
    ann = NodeClient(first)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    await cluster.until(lambda: stored(first))
    second = await cluster.node()
    cluster.store.forget_everything()
    await first.kill()
    await asyncio.sleep(2 * TAKEOVER_S)
    assert not second.services.recorder.active
    third = await cluster.node()
    await cluster.until(lambda: stored(third))
    assert third.services.recorder.active
    assert await rows(cluster) == TURN


def test_a_stopping_node_stores_what_is_left_at_once() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node)
        cluster.worker()
        ann.send(1)
        await cluster.until(ann.ends)
        assert node.services.projection.pending, "the next batch is far off"
        began = cluster.loop.now
        await node.services.recorder.flush()
        assert await rows(cluster) == TURN
        assert cluster.loop.now - began < 0.1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("myna.pipeline.recorder.BATCH_S", 60.0)
        in_cluster(test)


@simulated
async def test_a_stopping_node_leaves_to_others_what_a_slow_database_does_not_take_in_time(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    await cluster.until(lambda: node.services.recorder.active)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryWriterLock, "record", lambda lock, batch: asyncio.Event().wait())
        ann.send(1)
        await cluster.until(ann.ends)
        began = cluster.loop.now
        await node.services.recorder.flush()
    assert cluster.loop.now - began == pytest.approx(FLUSH_S, abs=0.1)


@simulated
async def test_a_stopping_node_without_the_writer_lock_does_not_wait_for_the_one_that_has_it(cluster: Cluster) -> None:
    assert await cluster.store.acquire_writer_lock() is not None
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    assert node.services.projection.pending
    began = cluster.loop.now
    await node.services.recorder.flush()
    assert cluster.loop.now == began
