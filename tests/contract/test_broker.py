"""What every broker, embedded without and with a journal or RabbitMQ, promises of publishing and consuming."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from myna.broker.port import Broker, Record
from myna.broker.rabbitmq import broker as rabbit_module
from myna.broker.rabbitmq import connection
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import GROUP_LINES, JOB_LINES, QUEUES, RoutingKey
from tests.contract.broker_fixtures import (
    AWKWARD,
    TIMEOUT_S,
    bodies,
    in_time,
    more,
    publish,
    read,
    take,
    until_depth,
    until_taken,
)
from tests.services.processes import until as eventually


@pytest.fixture
def three_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A work queue that is full with three messages. Requested before `broker`, so that the queue is declared that way."""
    monkeypatch.setitem(QUEUES[0].arguments, "x-max-length", 3)
    monkeypatch.setattr(rabbit_module, "MAX_DEPTH", 3)


async def test_a_confirmed_message_is_in_the_work_queue_and_in_the_log(broker: Broker) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    await publish(broker, RoutingKey.MESSAGE, b"one")
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        [delivery] = await take(deliveries, 1)
        assert (delivery.body, delivery.redelivered, delivery.tries) == (b"one", False, 0)
        assert delivery.sent_at is not None
        assert before <= delivery.sent_at <= datetime.now(UTC) + timedelta(seconds=1)
        await delivery.ack()
    assert await read(broker, "first", 1) == [Record(0, "message", b"one")]


@pytest.mark.parametrize(
    ("key", "in_work_queue", "in_log"), [(RoutingKey.EVENT, False, True), (RoutingKey.STOP, False, True), (RoutingKey.WORK, True, False)]
)
async def test_a_key_feeds_its_queues_and_no_other(broker: Broker, key: RoutingKey, in_work_queue: bool, in_log: bool) -> None:
    await publish(broker, key, b"one")
    await publish(broker, RoutingKey.MESSAGE, b"last")
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        assert (await take(deliveries, 1))[0].body == (b"one" if in_work_queue else b"last")
    assert (await read(broker, "first", 1))[0].body == (b"one" if in_log else b"last")


async def test_the_lines_of_one_submitter_keep_their_order(broker: Broker) -> None:
    lines = bodies(2000)
    futures = []
    for n, line in enumerate(lines):
        futures.append(broker.submit(RoutingKey.EVENT, [line]))
        if n % 97 == 0:
            await asyncio.sleep(0)
    await in_time(asyncio.gather(*futures))
    async with aclosing(broker.log("first")) as batches:
        got: list[bytes] = []
        while len(got) < len(lines):
            got += [line for record in await more(batches, 1) for line in record.body.split(b"\n")]
    assert got == lines


async def test_lines_that_wait_travel_together_up_to_the_limit(broker: Broker) -> None:
    await in_time(asyncio.gather(*(broker.submit(RoutingKey.EVENT, [line]) for line in bodies(GROUP_LINES * 2 + 10))))
    span = await in_time(broker.log_span())
    assert span is not None
    records = await read(broker, "first", span[1] + 1)
    assert len(records) <= 4
    assert max(record.body.count(b"\n") + 1 for record in records) == GROUP_LINES


async def test_a_line_alone_travels_alone_and_unchanged(broker: Broker) -> None:
    await publish(broker, RoutingKey.EVENT, *bodies(3))
    assert [record.body for record in await read(broker, "first", 3)] == bodies(3)


async def test_the_lines_of_one_call_are_never_split(broker: Broker) -> None:
    calls = [bodies(n) for n in (GROUP_LINES - 56, 200, 3, GROUP_LINES + 44, 1)]
    await in_time(asyncio.gather(*(broker.submit(RoutingKey.EVENT, lines) for lines in calls)))
    records = await read(broker, "first", 4)
    assert [record.body.count(b"\n") + 1 for record in records] == [GROUP_LINES - 56, 203, GROUP_LINES + 44, 1]


async def test_a_delivery_holds_fewer_jobs_than_a_record_may_hold_events(broker: Broker) -> None:
    await in_time(asyncio.gather(*(broker.submit(RoutingKey.MESSAGE, [line]) for line in bodies(JOB_LINES + 10))))
    consumer = broker.consume(prefetch=10)
    deliveries = [delivery.body.count(b"\n") + 1 for delivery in await take(consumer, 2)]
    assert max(deliveries) <= JOB_LINES < GROUP_LINES
    await consumer.aclose()


async def test_a_submitter_that_stops_waiting_does_not_stop_its_line(broker: Broker) -> None:
    broker.submit(RoutingKey.EVENT, [b"given up"]).cancel()
    await publish(broker, RoutingKey.EVENT, b"next")
    got = b"\n".join(record.body for record in await read(broker, "first", 1))
    assert got.startswith(b"given up")


async def test_a_body_comes_out_byte_for_byte_as_it_went_in(broker: Broker) -> None:
    await publish(broker, RoutingKey.MESSAGE, *AWKWARD)
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        assert [delivery.body for delivery in await take(deliveries, len(AWKWARD))] == AWKWARD
    assert [record.body for record in await read(broker, "first", len(AWKWARD))] == AWKWARD


async def test_a_full_work_queue_refuses_until_there_is_room(three_fit: None, broker: Broker) -> None:
    with pytest.raises(BrokerUnavailable, match="full"):
        await publish(broker, RoutingKey.WORK, *bodies(50))  # a quorum queue takes a few more than its limit
    async with aclosing(broker.consume(prefetch=50)) as deliveries:
        for delivery in await take(deliveries, 3):
            await delivery.ack()
        await until_taken(broker, b"again")


async def test_a_message_refused_by_a_full_queue_is_not_in_the_log_either(
    monkeypatch: pytest.MonkeyPatch, three_fit: None, broker: Broker
) -> None:
    monkeypatch.setattr(connection, "RECHECK_S", 0.1)
    await publish(broker, RoutingKey.WORK, *bodies(3))

    async def refused() -> bool:
        try:
            await publish(broker, RoutingKey.MESSAGE, b"too many")
        except BrokerUnavailable as error:
            return "deliveries wait" in str(error)
        return False

    await eventually(refused, TIMEOUT_S, "the broker sees that the queue is full")
    span = await in_time(broker.log_span())
    assert await refused()
    assert await in_time(broker.log_span()) == span
    async with aclosing(broker.consume(prefetch=50)) as deliveries:
        for delivery in await take(deliveries, 3):
            await delivery.ack()
        await until_taken(broker, b"again")


# --- consuming ---------------------------------------------------------------------------------------------------------------


async def test_deliveries_come_in_queue_order(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *bodies(40))
    async with aclosing(broker.consume(prefetch=7)) as deliveries:
        for body in bodies(40):
            [delivery] = await take(deliveries, 1)
            assert delivery.body == body
            await delivery.ack()
    await until_depth(broker, 0)


async def test_a_requeued_delivery_comes_again_and_says_so(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, b"one")
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        for tries in range(3):
            [delivery] = await take(deliveries, 1)
            assert (delivery.body, delivery.redelivered, delivery.tries) == (b"one", tries > 0, tries)
            await delivery.requeue()


async def test_closing_a_consumer_requeues_everything_unacked_in_order(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *bodies(6))
    async with aclosing(broker.consume(prefetch=5)) as deliveries:
        taken = await take(deliveries, 4)
        await taken[1].ack()
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        again = await take(deliveries, 5)
    assert [delivery.body for delivery in again] == [b'{"n":%d}' % n for n in (0, 2, 3, 4, 5)]
    assert all(delivery.redelivered and delivery.tries == 1 for delivery in again[:3])


async def test_a_cancelled_wait_leaves_the_consumer_as_it_was(broker: Broker) -> None:
    async with aclosing(broker.consume(prefetch=2)) as deliveries:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(deliveries), 0.3)
        await publish(broker, RoutingKey.WORK, *bodies(2))
        first, second = await take(deliveries, 2)
        waiting = asyncio.create_task(anext(deliveries))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        await first.ack()
        await second.ack()
        await publish(broker, RoutingKey.WORK, b"three")
        [third] = await take(deliveries, 1)
        assert (third.body, third.redelivered) == (b"three", False)


async def test_prefetch_bounds_what_a_consumer_holds(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *bodies(4))
    async with aclosing(broker.consume(prefetch=2)) as deliveries:
        first, _second = await take(deliveries, 2)
        third = asyncio.create_task(anext(deliveries))
        await asyncio.wait([third], timeout=0.3)
        assert not third.done()
        await first.ack()
        assert (await in_time(third)).body == bodies(4)[2]


async def test_two_consumers_share_the_queue(broker: Broker) -> None:
    async with aclosing(broker.consume(prefetch=1)) as one, aclosing(broker.consume(prefetch=1)) as other:
        both = [asyncio.create_task(anext(one)), asyncio.create_task(anext(other))]
        await publish(broker, RoutingKey.WORK, *bodies(2))
        assert sorted([(await in_time(task)).body for task in both]) == bodies(2)


async def test_acks_in_any_order_settle_exactly_what_they_name(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *bodies(8))
    async with aclosing(broker.consume(prefetch=8)) as deliveries:
        taken = await take(deliveries, 8)
        await taken[2].requeue()
        await asyncio.gather(taken[0].ack(), taken[1].ack(), taken[4].ack(), taken[7].ack())
        await taken[3].ack()
        await taken[3].ack()  # a second answer changes nothing
        await taken[3].requeue()
    async with aclosing(broker.consume(prefetch=8)) as deliveries:
        assert sorted([delivery.body for delivery in await take(deliveries, 3)]) == [b'{"n":%d}' % n for n in (2, 5, 6)]
        await until_depth(broker, 0)
