"""A node reads from its own place, starts in the past, survives its broker, and passes over what it cannot read."""

import asyncio

import pytest

from myna.protocol.events import LogMark, Position
from myna.protocol.topology import RoutingKey
from tests.simulation.processes import Node
from tests.unit.cluster import PARTS, SETTINGS, UNCHANGED, WHOLE, Cluster, NodeClient, simulated
from tests.unit.core.folding import since
from tests.unit.log_events import accepted_message, body, uid


@simulated
async def test_a_node_that_starts_during_a_reply_knows_what_the_others_know(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: len(ann.parts(1)) == 3)
    cursor = ann.frames[1]["cursor"]
    young = await cluster.node()
    missed = young.services.projection.missed(ann.session.owner, young.services.projection.epoch, cursor)
    assert missed is not None
    late = NodeClient(young)
    late.mailbox.preload(missed)
    await cluster.until(lambda: late.ends() and ann.ends())
    assert late.frames == ann.frames[2:]


@simulated
async def test_a_node_that_starts_from_a_checkpoint_never_hands_out_a_part_of_what_was_missed(cluster: Cluster) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("myna.pipeline.log_reader.REWIND_S", 10.0)
        old = await cluster.node()
        ann = NodeClient(old)
        cluster.worker()
        for number in range(1, 7):
            ann.send(number)
        await cluster.until(lambda: len(ann.ends()) == 6)
        young = (await cluster.node()).services.projection
    everything = ann.frames
    resumed = 0
    for number, frame in enumerate(everything):
        missed = young.missed(ann.session.owner, young.epoch, frame["cursor"])
        if missed is not None:
            resumed += 1
            assert len(list(missed)) == len(everything) - number - 1
    assert 0 < resumed < len(everything), "some of the past, and not all of it"


@simulated
async def test_a_node_that_starts_between_a_message_and_its_repetition_takes_neither_for_a_new_one(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    first = ann.frames[0]
    for second in range(14):  # in which the log, and the checkpoint, moves on
        await asyncio.sleep(1)
        await cluster.broker.submit(RoutingKey.EVENT, [body(LogMark(nonce=str(second)))])
    request = accepted_message(1, owner=ann.session.owner, when=first["at"])
    await cluster.broker.submit(RoutingKey.EVENT, [body(request)])  # its sender's node had not received the confirm
    repeated = Position(cluster.broker.queues.next_offset - 1, 0)
    for seconds in range(30):
        await asyncio.sleep(1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("myna.pipeline.log_reader.REWIND_S", 5.0)
            young = await cluster.node()
        assert not young.services.projection.open_replies, f"started {seconds} s after the repetition"
        assert young.services.submissions.turns.open_count == 0
        remembered = young.services.projection._window.of(ann.session.owner)
        resumable = young.services.projection._window.resumable
        assert remembered is None or all(entry.last < resumable for entry in remembered.entries if entry.position == repeated)
        await young.kill()


@simulated
async def test_a_start_interrupted_by_the_broker_goes_on_where_it_was(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    wire = cluster.link()
    wire.lag_s = 2.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("myna.broker.embedded.broker.RECORDS_AT_ONCE", 3)
        young = Node("young", wire, cluster.store, SETTINGS, cluster.brain, UNCHANGED)
        projection = young.services.projection
        await cluster.until(lambda: projection._window.of(ann.session.owner) is not None)
        assert not young.serves
        cluster.broker.lose()
        cluster.broker.recover()
        await young.services.relay.wait_live()
    assert since(projection, ann.session.owner) == since(ann.node.services.projection, ann.session.owner) != []


@simulated
async def test_an_outage_loses_no_event_for_who_stays_connected(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    here.send(1)
    await cluster.until(lambda: here.parts(1))
    cluster.broker.lose()
    await asyncio.sleep(3)
    cluster.broker.recover()
    await cluster.until(lambda: here.ends() and there.ends())
    assert here.frames == there.frames
    assert here.parts(1) == list(enumerate(PARTS))


@simulated
async def test_an_observer_that_fails_is_reported_and_keeps_nothing_from_the_others(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node.services.relay_metrics, "observe", lambda folded: 1 // 0)
        ann.send(1)
        await cluster.until(ann.ends)
    assert ann.whole(1) == [WHOLE]
    assert node.services.relay.live
    assert not node.supervisor.failed.is_set()


@simulated
async def test_lines_passed_over_are_counted_by_reason(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    rated = b'{"owner":"%b","type":"reply.rated","at":"2026-01-01T00:00:00.000Z","stars":5}' % ann.session.owner.encode()
    await cluster.broker.submit(RoutingKey.EVENT, [b"{", rated, body(accepted_message(1)), b"[]"])
    await cluster.until(ann.created)
    counts = node.services.relay_metrics.counts
    assert (counts["unreadable"], counts["unknown"], counts["faults"]) == (2, 1, 0)


@simulated
async def test_an_unreadable_record_is_passed_over(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    await cluster.broker.submit(RoutingKey.EVENT, [b"\xff{", body(accepted_message(1)), b'{"owner":"x","type": "message.created"}'])
    await cluster.until(ann.created)
    assert node.services.relay.live
    assert ann.created() == [uid(1)]
