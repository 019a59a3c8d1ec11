"""A turn that nobody works on is queued again and ends, and one that is worked on is left alone."""

import asyncio

from myna.pipeline.watchdog import GIVE_UP_S
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import BETWEEN_S, LIMIT_S, SETTINGS, Cluster, NodeClient, SlowBrain, in_cluster, simulated
from tests.unit.log_events import uid

ABANDONED_S = SETTINGS.abandoned_s
MANY = tuple(f"word{number} " for number in range(60))


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
