"""Responders of one process can be ended, paused and counted one by one, and no reply is harmed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from myna.broker.port import Broker
from myna.lab.responder_link import ResponderLink
from myna.lab.responder_pool import AWAY_S, ResponderPool
from myna.pipeline.responder import Responder
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import BETWEEN_S, PARTS, WHOLE, Cluster, simulated
from tests.unit.log_events import accepted_message, body


async def send(cluster: Cluster, *numbers: int) -> None:
    for number in numbers:
        await cluster.broker.submit(RoutingKey.MESSAGE, [body(accepted_message(number))])


def ends(cluster: Cluster) -> list[e.ReplyCompleted]:
    return [event for event in cluster.log() if isinstance(event, e.ReplyCompleted)]


def parts(cluster: Cluster) -> list[int]:
    return [event.index for event in cluster.log() if isinstance(event, e.ReplyDelta)]


async def in_pool(cluster: Cluster, test: Callable[[ResponderPool], Awaitable[None]], count: int = 1) -> None:
    def make(broker: Broker, worker: str, prefetch: int) -> Responder:
        return Responder(broker, cluster.brain, worker=worker, prefetch=prefetch)

    pool = ResponderPool(cluster.broker, make, worker="w", prefetch=2, drain_s=60)
    pool.count = count
    running = asyncio.create_task(pool.run())
    await cluster.until(lambda: len(pool.members) == count and pool.consuming)
    try:
        await test(pool)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@simulated
async def test_one_that_is_ended_behind_a_part_lets_that_pass_and_nothing_more(cluster: Cluster) -> None:
    async def test(pool: ResponderPool) -> None:
        ended: list[str] = []
        pool.end_after(3, lambda: ended.append("yes"))
        await send(cluster, 1)
        await cluster.until(lambda: ended)
        assert parts(cluster) == [0, 1, 2]
        assert pool.members == []
        await asyncio.sleep(AWAY_S / 2)
        assert cluster.broker.queues.ready == 1, "what it had is back in the queue"

        await cluster.until(lambda: ends(cluster))
        assert parts(cluster) == [0, 1, 2, 3, 4]
        assert [end.text for end in ends(cluster)] == [WHOLE]
        assert [start.worker for start in cluster.log() if isinstance(start, e.ReplyStarted)] == ["w", "w-2"]

    await in_pool(cluster, test)


@simulated
async def test_one_that_is_paused_keeps_what_it_has_and_goes_on_where_it_was(cluster: Cluster) -> None:
    async def test(pool: ResponderPool) -> None:
        await send(cluster, 1)
        await cluster.until(lambda: len(parts(cluster)) == 2)
        member = pool.busiest()
        member.link.pause()
        await asyncio.sleep(10 * BETWEEN_S)
        assert (len(parts(cluster)), member.state, member.responder.in_hand) == (2, "paused", 1)
        assert len(cluster.broker.queues.unacked) == 1

        pool.resume_all()
        await cluster.until(lambda: ends(cluster))
        assert [end.text for end in ends(cluster)] == [WHOLE]
        assert parts(cluster) == list(range(len(PARTS)))

    await in_pool(cluster, test)


@simulated
async def test_as_many_run_as_are_wanted_and_those_that_go_finish_their_replies(cluster: Cluster) -> None:
    async def test(pool: ResponderPool) -> None:
        pool.fit(count=3)
        await send(cluster, 1, 2, 3)
        await cluster.until(lambda: sum(member.responder.in_hand for member in pool.members) == 3)
        pool.fit(count=1, prefetch=1)
        assert (pool.count, pool.prefetch, len(pool.members)) == (1, 1, 1)
        await cluster.until(lambda: len(ends(cluster)) == 3)
        assert {event.attempt for event in cluster.log() if isinstance(event, e.ReplyStarted)} == {1}, "none was begun twice"

        await send(cluster, 4, 5)
        await cluster.until(lambda: cluster.broker.queues.unacked)
        await asyncio.sleep(BETWEEN_S)
        assert (len(cluster.broker.queues.unacked), cluster.broker.queues.ready) == (1, 1), "it has one in hand at once"
        pool.fit(count=0)
        await cluster.until(lambda: len(ends(cluster)) == 4)
        assert pool.members == []
        assert pool.consuming

    await in_pool(cluster, test)


@simulated
async def test_the_last_part_is_found_in_a_publish_of_many_lines(cluster: Cluster) -> None:
    async def test(pool: ResponderPool) -> None:
        link = pool.busiest().link
        job = accepted_message(1)
        link.end_after(2)
        common: dict[str, Any] = {
            "owner": job.owner,
            "conversation_id": job.conversation_id,
            "reply_id": job.reply_id,
            "message_id": job.id,
        }
        lines = [log_codec.encode(e.ReplyDelta(**common, at=job.at, attempt=1, index=index, text="x")) for index in range(4)]
        link.submit(RoutingKey.EVENT, lines)
        await asyncio.sleep(0.1)

        assert parts(cluster) == [0, 1]

    await in_pool(cluster, test)


@simulated
async def test_while_nothing_is_broken_it_publishes_by_the_broker_itself(cluster: Cluster) -> None:
    link = ResponderLink(cluster.broker)
    free = cluster.broker.submit
    assert link.submit == free

    link.pause()
    assert link.submit != free
    link.resume()
    assert link.submit == free

    link.end_after(7)
    assert link.submit != free
    link.end_after(None)
    assert link.submit == free
