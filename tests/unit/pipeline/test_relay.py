"""A node reads from its own place, starts in the past, survives its broker, and ends what nobody works on."""

import asyncio

import pytest
from structlog.testing import capture_logs

from myna.broker.embedded.queues import Queues
from myna.pipeline.watchdog import GIVE_UP_S
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.events import BEGINNING, LogMark, Position, ReplyCompleted
from myna.protocol.topology import RoutingKey
from tests.simulation.processes import Node
from tests.unit.cluster import BETWEEN_S, LIMIT_S, PARTS, SETTINGS, UNCHANGED, WHOLE, Cluster, NodeClient, SlowBrain, in_cluster, simulated
from tests.unit.log_events import accepted_message, body, uid

ABANDONED_S = SETTINGS.abandoned_s
MANY = tuple(f"word{number} " for number in range(60))


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
            assert len(missed) == len(everything) - number - 1
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
        assert remembered is None or all(entry.position < resumable for entry in remembered.entries if entry.position == repeated)
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
    assert projection._window.since(ann.session.owner, BEGINNING) == ann.node.services.projection._window.since(
        ann.session.owner, BEGINNING
    )


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


# --- the log replaced


@simulated
async def test_a_replaced_log_is_a_new_epoch_everybody_is_sent_away_and_what_was_open_is_answered(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    ann = NodeClient(here)
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: len(ann.parts(1)) == 2)
    epoch, cursor = here.services.projection.epoch, ann.frames[-1]["cursor"]
    cluster.broker.lose()
    cluster.broker.queues = Queues()
    cluster.broker.recover()
    await cluster.until(lambda: ann.mailbox.expelled and here.services.projection.epoch != epoch and here.services.relay.live)
    await cluster.until(lambda: there.services.projection.epoch == here.services.projection.epoch)
    assert here.services.projection.missed(ann.session.owner, epoch, cursor) is None
    again = NodeClient(here)
    await cluster.until(lambda: not here.services.projection.open_replies)
    again.send(1)
    again.send(2)
    await cluster.until(lambda: (uid(2), "stop") in again.ends())
    assert again.answers(1) == ["duplicate"]


@simulated
async def test_a_reply_whose_end_went_with_the_old_log_unread_is_made_again_and_ends(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: len(ann.parts(1)) == 2)
    node.link.lag_s = 10.0  # it receives no more, while the responder comes to the end and acks
    await cluster.until(lambda: any(isinstance(event, ReplyCompleted) for event in cluster.log()))
    await asyncio.sleep(1)
    assert not ann.ends()
    cluster.broker.lose()
    cluster.broker.queues = Queues()
    node.link.lag_s = 0.0
    cluster.broker.recover()
    await cluster.until(lambda: ann.mailbox.expelled and node.services.relay.live)
    again = NodeClient(node)
    await cluster.until(again.ends)
    assert again.ends() == [(uid(1), "stop")]
    assert again.whole(1) == [WHOLE]


# --- the log cut off


def cut_off(cluster: Cluster, behind: int) -> None:
    """Drop all records up to this offset, as the log does for its age and size."""
    queues = cluster.broker.queues
    queues.log = [record for record in queues.log if record.offset > behind]


@simulated
async def test_a_node_that_is_overtaken_by_the_logs_beginning_says_so_and_begins_anew(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    ann = NodeClient(here)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    await cluster.until(lambda: len(cluster.store.stored) == 2)
    epoch = here.services.projection.epoch
    here.link.lag_s = 30.0
    ben = NodeClient(there)
    ben.send(2)
    await cluster.until(lambda: len(ben.ends()) == 1)
    with capture_logs() as lines:
        cut_off(cluster, there.services.projection.reached.offset - 3)
        here.link.lag_s = 0.0
        ben.send(3)
        await cluster.until(lambda: here.services.relay.missed)
        await cluster.until(lambda: here.services.relay.live)
    (line,) = [one for one in lines if one["event"] == "relay.log_cut_off"]
    assert (line["log_level"], line["missed"], line["missed"] > 0) == ("error", here.services.relay.missed, True)
    assert ann.mailbox.expelled, "it reads its state anew"
    assert here.services.projection.epoch != epoch
    assert not there.services.relay.missed
    await cluster.until(lambda: len(ben.ends()) == 2)
    await cluster.until(lambda: len(cluster.store.stored) == 6)


@simulated
async def test_a_node_that_lost_the_broker_for_longer_than_the_log_reaches_says_what_it_missed(cluster: Cluster) -> None:
    node = await cluster.node()
    await cluster.until(lambda: node.services.relay.live)
    cluster.broker.lose()
    reached = node.services.projection.reached.offset
    cluster.broker.queues.log = [record._replace(offset=reached + 11) for record in cluster.broker.queues.log[-1:]]
    cluster.broker.queues.next_offset = reached + 12
    with capture_logs() as lines:
        cluster.broker.recover()
        await cluster.until(lambda: node.services.relay.missed)
    assert [one["missed"] for one in lines if one["event"] == "relay.log_cut_off"] == [9]


@simulated
async def test_a_node_that_starts_on_a_log_cut_off_beyond_what_is_stored_says_so(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: len(cluster.store.stored) == 2)
    await node.kill()
    cluster.broker.queues.log = [record._replace(offset=record.offset + 1000) for record in cluster.broker.queues.log[-1:]]
    cluster.broker.queues.next_offset = cluster.broker.queues.log[0].offset + 1
    with capture_logs() as lines:
        young = await cluster.node()
    assert [one["log_level"] for one in lines if one["event"] == "relay.log_cut_off"] == ["error"]
    assert young.services.relay.missed > 900


@simulated
async def test_an_offset_that_the_broker_has_taken_itself_is_nothing_missed(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    cluster.broker.lose()
    cut_off(cluster, node.services.projection.reached.offset)
    cluster.broker.queues.next_offset += 1
    cluster.broker.recover()
    ann.send(2)
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert node.services.relay.missed == 0
    assert not ann.mailbox.expelled


# --- what nobody works on


async def purge(cluster: Cluster, nodes: int) -> None:
    """Empty the work queue for good: each node queues once again what it lost."""
    for _ in range(nodes):
        cluster.broker.queues._ready.clear()
        await cluster.until(lambda: cluster.broker.queues.ready)
    cluster.broker.queues._ready.clear()


@simulated
async def test_a_job_that_the_queue_has_lost_is_answered_all_the_same(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    ann.send(1)
    await cluster.until(ann.created)
    cluster.broker.queues._ready.clear()
    await asyncio.sleep(1)
    cluster.worker()
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stop")]


@simulated
async def test_a_turn_that_nobody_works_on_ends_once_after_a_bounded_time(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    here.send(1)
    here.send(2)
    await cluster.until(here.created)
    began = cluster.loop.now
    await purge(cluster, nodes=2)
    await cluster.until(here.ends)
    assert ABANDONED_S <= cluster.loop.now - began <= ABANDONED_S + 5
    cluster.worker()
    await cluster.until(lambda: len(here.ends()) == len(there.ends()) == 2)
    assert here.ends() == there.ends() == [(uid(1), "abandoned"), (uid(2), "stop")]


@simulated
async def test_a_long_queue_is_no_reason_to_give_up_for_a_good_while(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    ann.send(1)
    await asyncio.sleep(GIVE_UP_S / 2)
    assert ann.ends() == []
    cluster.worker()
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stop")]


def test_a_reply_that_is_worked_on_is_not_given_up_however_long_it_takes() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        await cluster.until(ann.ends)
        assert cluster.loop.now > 2 * ABANDONED_S
        assert ann.ends() == [(uid(1), "stop")]

    assert len(MANY) * BETWEEN_S > 2 * ABANDONED_S
    assert len(MANY) * BETWEEN_S < LIMIT_S
    in_cluster(test, SlowBrain(MANY))


@simulated
async def test_a_long_outage_of_the_broker_is_not_the_replys_fault(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    worker = cluster.worker()
    ann.send(1)
    await cluster.until(lambda: ann.parts(1))
    worker.link.lag_s = ABANDONED_S / 2  # it takes the work again at once, and long to read how far it got
    cluster.broker.lose()
    await asyncio.sleep(3 * ABANDONED_S)
    cluster.broker.recover()
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stop")]


@simulated
async def test_a_broker_that_takes_nothing_just_then_does_not_take_the_node_down(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    ann.send(1)
    await cluster.until(ann.created)
    await purge(cluster, nodes=1)
    submit, refused = node.link.submit, list[list[bytes]]()

    def busy(key: RoutingKey, lines: list[bytes]) -> "asyncio.Future[None]":
        if b"reply.failed" in lines[0] and len(refused) < 3:
            refused.append(lines)
            done = asyncio.get_running_loop().create_future()
            done.set_exception(BrokerUnavailable("full"))
            return done
        return submit(key, lines)

    node.link.submit = busy  # type: ignore[method-assign,assignment]
    await cluster.until(ann.ends)
    assert len(refused) == 3
    assert not node.supervisor.failed.is_set()


@simulated
async def test_an_unreadable_record_is_passed_over(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    await cluster.broker.submit(RoutingKey.EVENT, [b"\xff{", body(accepted_message(1)), b'{"owner":"x","type": "message.created"}'])
    await cluster.until(ann.created)
    assert node.services.relay.live
    assert ann.created() == [uid(1)]
