"""What every broker promises of the time when it is lost and after."""

import asyncio
from contextlib import aclosing

import pytest

from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from tests.contract.broker_fixtures import (
    BrokerHarness,
    bodies,
    in_time,
    more,
    publish,
    read,
    take,
    until,
)


async def test_a_lost_broker_fails_everything_at_once_and_serves_again_when_it_is_back(harness: BrokerHarness) -> None:
    broker = harness.broker
    await publish(broker, RoutingKey.MESSAGE, *bodies(3))
    deliveries, batches, stops = broker.consume(prefetch=1), broker.log("first"), broker.stops()
    async with aclosing(deliveries), aclosing(batches), aclosing(stops):
        [delivery] = await take(deliveries, 1)
        await more(batches, 3)
        waiting = [asyncio.create_task(anext(deliveries)), asyncio.create_task(anext(batches)), asyncio.create_task(anext(stops))]
        await asyncio.sleep(0.2)
        await harness.lose()
        assert broker.trouble
        for task in waiting:
            with pytest.raises(BrokerUnavailable):
                await in_time(task)
        with pytest.raises(BrokerUnavailable):
            await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"lost"]), 1)
        for read_it in (broker.log_span, lambda: broker.record_at(0), broker.queue_states, broker.dead_letters):
            with pytest.raises(BrokerUnavailable):
                await asyncio.wait_for(read_it(), 1)
        await delivery.ack()  # on a channel that has died: harmless, and without effect
        await harness.recover()
        assert harness.broker.trouble is None
        await delivery.reject()
    async with aclosing(broker.consume(prefetch=3)) as deliveries:
        again = await take(deliveries, 3)
        assert [delivery.body for delivery in again] == bodies(3)
        assert (again[0].redelivered, again[0].tries) == (True, 1)
    await publish(broker, RoutingKey.EVENT, b"after")
    assert (await read(broker, "first", 4))[3].body == b"after"
    assert await in_time(broker.dead_letters()) == []


async def test_what_was_confirmed_of_a_submitter_is_a_prefix_and_is_there_after_a_loss(harness: BrokerHarness) -> None:
    broker = harness.broker
    futures: list[asyncio.Future[None]] = []

    async def submit_until_it_fails() -> None:
        while not any(future.done() and future.exception() for future in futures):
            futures.append(broker.submit(RoutingKey.EVENT, [b'{"n":%d}' % len(futures)]))
            await asyncio.sleep(0)

    submitting = asyncio.create_task(submit_until_it_fails())
    await until(lambda: len(futures) > 200, "some lines are on their way")
    await harness.lose()
    await in_time(submitting)
    await asyncio.wait(futures, timeout=20)
    confirmed = [future.exception() is None for future in futures]
    assert confirmed == sorted(confirmed, reverse=True)
    await harness.recover()
    await publish(broker, RoutingKey.EVENT, b"end")
    span = await in_time(broker.log_span())
    assert span is not None
    kept = [line for record in await read(broker, "first", span[1] + 1) for line in record.body.split(b"\n")]
    assert kept[: sum(confirmed)] == bodies(sum(confirmed))
