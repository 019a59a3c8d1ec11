"""Conversations in which nothing was said for long are deleted as a person deletes them, by the log."""

from myna.pipeline.retention import Retention
from myna.protocol import events as e
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
        return Retention(services.broker, services.store, services.projection, services.recorder, keep_days=days)

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
