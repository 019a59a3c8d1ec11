"""What every broker promises of the log: its order, its offsets, and readers that pause."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from myna.broker.port import Broker, Record
from myna.protocol.topology import GROUP_LINES, RoutingKey
from tests.contract.broker_fixtures import (
    bodies,
    in_time,
    more,
    publish,
    read,
    take,
    until_depth,
)


async def test_the_log_is_read_from_the_first_from_an_offset_and_from_now(broker: Broker) -> None:
    await publish(broker, RoutingKey.EVENT, *bodies(20))
    assert [record.offset for record in await read(broker, "first", 20)] == list(range(20))
    assert [record.offset for record in await read(broker, 13, 7)] == list(range(13, 20))
    async with aclosing(broker.log("next")) as batches:
        following = asyncio.create_task(more(batches, 1))
        # When a reader that begins at the end has begun can't be seen: publish until it gets something.
        while not following.done():
            await publish(broker, RoutingKey.EVENT, b"live")
            await asyncio.wait([following], timeout=0.05)
        assert {record.body for record in await following} == {b"live"}


async def test_the_log_is_read_from_a_time_or_a_little_earlier(broker: Broker) -> None:
    await publish(broker, RoutingKey.EVENT, b"early")
    await asyncio.sleep(2.1)  # a stream knows times by whole seconds
    time = datetime.now(UTC)
    await publish(broker, RoutingKey.EVENT, b"late")
    records = await read(broker, time, 1)
    assert records[0].body == b"late"
    assert (await read(broker, time - timedelta(hours=1), 2))[0].body == b"early"


async def test_an_offset_beyond_the_end_is_waited_for(broker: Broker) -> None:
    await publish(broker, RoutingKey.EVENT, *bodies(3))
    async with aclosing(broker.log(5)) as batches:
        first = asyncio.create_task(more(batches, 1))
        await asyncio.wait([first], timeout=0.5)
        assert not first.done()
        await publish(broker, RoutingKey.EVENT, *bodies(4))
        assert (await in_time(first))[0].offset == 5


async def test_all_readers_see_the_same_records_in_the_same_order(broker: Broker) -> None:
    async with aclosing(broker.log("first")) as one, aclosing(broker.log("first")) as other:
        reading = asyncio.gather(more(one, 300), more(other, 300))
        await asyncio.gather(*(publish(broker, key, *bodies(100)) for key in (RoutingKey.EVENT, RoutingKey.STOP, RoutingKey.MESSAGE)))
        first, second = await in_time(reading)
    assert [record.offset for record in first] == list(range(300))
    assert first == second


async def test_a_reader_that_pauses_misses_nothing(broker: Broker) -> None:
    async with aclosing(broker.log("first")) as batches:
        await publish(broker, RoutingKey.EVENT, b"one")
        assert len(await more(batches, 1)) == 1
        too_many_for_two = GROUP_LINES // 2 + 1  # to travel together, so that each call is a record
        await in_time(asyncio.gather(*(broker.submit(RoutingKey.EVENT, [body] * too_many_for_two) for body in bodies(100))))
        assert [record.offset for record in await more(batches, 100)] == list(range(1, 101))


async def test_the_span_of_the_log_and_single_records_are_found(broker: Broker) -> None:
    assert await in_time(broker.log_span()) is None
    assert await in_time(broker.record_at(0)) is None
    await publish(broker, RoutingKey.EVENT, *bodies(12))
    assert await in_time(broker.log_span()) == (0, 11)
    assert await in_time(broker.record_at(7)) == Record(7, "event", bodies(12)[7])
    for nowhere in (12, 10**6, 2**63, 10**30, -1):
        assert await in_time(broker.record_at(nowhere)) is None
    await publish(broker, RoutingKey.EVENT, b"more")
    assert await in_time(broker.log_span()) == (0, 12)


async def test_stops_reach_those_who_listen_and_nobody_later(broker: Broker) -> None:
    await publish(broker, RoutingKey.STOP, b"before")
    async with aclosing(broker.stops()) as one, aclosing(broker.stops()) as other:
        received = [asyncio.create_task(anext(one)), asyncio.create_task(anext(other))]
        while not all(task.done() for task in received):  # when a listener has begun can't be seen from here
            await publish(broker, RoutingKey.STOP, b"now")
            await asyncio.wait(received, timeout=0.05)
        assert [await task for task in received] == [b"now", b"now"]


async def test_the_state_of_the_queues_shows_what_waits_and_who_consumes(broker: Broker) -> None:
    await publish(broker, RoutingKey.MESSAGE, *bodies(3))
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        await take(deliveries, 1)
        await until_depth(broker, 2)
        job, log, dead = await in_time(broker.queue_states())
        assert (job.name, job.consumers) == ("chat_queue", 1)
        assert (log.name, dead.name, dead.depth) == ("chat_responses", "chat_dead_letters", 0)
