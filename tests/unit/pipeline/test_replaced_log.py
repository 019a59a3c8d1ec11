"""A log that is replaced, or cut off at its beginning, is told to those who miss something, and what was open is answered."""

import asyncio

from structlog.testing import capture_logs

from myna.broker.embedded.queues import Queues
from myna.protocol.events import ReplyCompleted
from tests.unit.cluster import WHOLE, Cluster, NodeClient, simulated
from tests.unit.log_events import uid


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
