"""Conversations in which nothing was said for long are deleted as a person deletes them, by the log."""

from myna.pipeline.retention import Retention
from myna.protocol import events as e
from myna.protocol.topology import LogLimits
from tests.unit.cluster import Cluster, NodeClient, simulated
from tests.unit.log_events import CONVERSATION

A_SECOND, A_YEAR = 1 / 86_400, 365.0  # in days


@simulated
async def test_every_node_and_row_learns_of_it_and_what_is_being_answered_stays(cluster: Cluster) -> None:
    node, other = await cluster.node(), await cluster.node()
    cluster.worker()
    client = NodeClient(node)
    client.send(1)
    await cluster.until(lambda: client.ends() and cluster.store.stored)
    await cluster.until(lambda: node.services.recorder.active or other.services.recorder.active)
    recording = node if node.services.recorder.active else other
    services = recording.services

    def keeping(days: float) -> Retention:
        return Retention(services.broker, services.store, services.projection, services.recorder, keep_days=days, log_days=7)

    await keeping(A_YEAR).look()
    assert cluster.store.stored

    client.send(2)
    await cluster.until(lambda: len(client.created()) == 2)
    await keeping(A_SECOND).look()
    assert not [event for event in cluster.log() if isinstance(event, e.ConversationDeleted)]

    await cluster.until(lambda: len(client.ends()) == 2)
    await cluster.until(lambda: len(cluster.store.stored) == 4)
    await keeping(A_SECOND).look()
    await cluster.until(lambda: not cluster.store.stored)
    assert client.frames[-1]["type"] == "conversation.deleted"
    for one in (node, other):
        await cluster.until(lambda one=one: one.services.projection.is_deleted(client.session.owner, CONVERSATION))  # type: ignore[misc]


@simulated
async def test_where_nobody_says_anything_the_log_fills_a_segment_in_an_eighth_of_its_age(cluster: Cluster) -> None:
    services = (await cluster.node()).services
    cluster.broker.segment_bytes = LogLimits().segment_bytes
    retention = Retention(services.broker, services.store, services.projection, services.recorder, keep_days=None, log_days=7)
    before = sum(len(record.body) for record in cluster.broker.queues.log)
    await retention.look()
    appended = sum(len(record.body) for record in cluster.broker.queues.log) - before
    hours = 7 * 24 / 8
    assert 0.99 * LogLimits().segment_bytes < appended * hours < 1.2 * LogLimits().segment_bytes
    await cluster.until(lambda: services.projection.reached.offset == cluster.broker.queues.next_offset - 1)
    assert services.relay_metrics.counts["unreadable"] == 0

    cluster.broker.segment_bytes = 0  # an embedded one drops record by record
    await retention.look()
    assert len(cluster.broker.queues.log[-1].body) < 200
