"""What every implementation of the broker port promises: the embedded one without and with a journal, and RabbitMQ."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from myna.broker.port import Broker, DeadLetter, Record
from myna.broker.rabbitmq import connection
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import DELIVERY_LIMIT, GROUP_LINES, QUEUES, RoutingKey
from tests.contract.broker_fixtures import TIMEOUT_S, BrokerHarness, in_time, more, publish, read, take, until
from tests.services.processes import until as eventually

AWKWARD = [b"not json", b'{"text": "hello"}', b"\x00\xff\n\n", b"[" * 10, b"x" * 300_000]


@pytest.fixture
def three_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A work queue that is full with three messages. Requested before `broker`, so that the queue is declared that way."""
    monkeypatch.setitem(QUEUES[0].arguments, "x-max-length", 3)


def bodies(count: int) -> list[bytes]:
    return [b'{"n":%d}' % n for n in range(count)]


# --- publishing -----------------------------------------------------------------------------------------------------------


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
    calls = [bodies(n) for n in (200, 200, 3, GROUP_LINES + 44, 1)]
    await in_time(asyncio.gather(*(broker.submit(RoutingKey.EVENT, lines) for lines in calls)))
    records = await read(broker, "first", 4)
    assert [record.body.count(b"\n") + 1 for record in records] == [200, 203, GROUP_LINES + 44, 1]


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


# --- the dead letters ----------------------------------------------------------------------------------------------------


async def test_a_rejected_delivery_becomes_a_dead_letter_as_it_came_and_the_log_gets_a_copy(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *AWKWARD)
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        for delivery in await take(deliveries, len(AWKWARD)):
            await delivery.reject()
        records = await read(broker, "first", len(AWKWARD))
    assert [(record.key, record.body) for record in records] == [("parked", body) for body in AWKWARD]
    letters = await until_dead_letters(broker, len(AWKWARD))
    assert sorted(letter.body for letter in letters) == sorted(AWKWARD)
    assert {letter.reason for letter in letters} == {"rejected"}
    at = letters[0].dead_lettered_at
    assert at is not None
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_delivery_requeued_too_often_becomes_a_dead_letter_and_the_log_gets_a_copy(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, b"poison")
    await publish(broker, RoutingKey.WORK, b"innocent")
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        for _ in range(DELIVERY_LIMIT + 1):
            [delivery] = await take(deliveries, 1)
            assert delivery.body == b"poison"
            await delivery.requeue()
        assert (await take(deliveries, 1))[0].body == b"innocent"
    [record] = await read(broker, "first", 1)
    assert (record.key, record.body) == ("parked", b"poison")
    [letter] = await until_dead_letters(broker, 1)
    assert (letter.body, letter.reason) == (b"poison", "delivery_limit")


async def test_dead_letters_keep_their_ids_until_they_are_removed(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, b"same", b"same", b"other")
    async with aclosing(broker.consume(prefetch=3)) as deliveries:
        for delivery in await take(deliveries, 3):
            await delivery.reject()
    letters = await until_dead_letters(broker, 3)
    assert len({letter.id for letter in letters}) == 3
    for _ in range(3):
        assert {letter.id for letter in await in_time(broker.dead_letters())} == {letter.id for letter in letters}
    assert await in_time(broker.remove_dead_letters(["no such id", letters[0].id, letters[0].id])) == 1
    assert {letter.id for letter in await in_time(broker.dead_letters())} == {letter.id for letter in letters[1:]}
    assert await in_time(broker.remove_dead_letters([letter.id for letter in letters])) == 2
    assert await in_time(broker.dead_letters()) == []


# --- the log ---------------------------------------------------------------------------------------------------------------


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
        await in_time(asyncio.gather(*(broker.submit(RoutingKey.EVENT, [body] * 200) for body in bodies(300))))
        assert [record.offset for record in await more(batches, 300)] == list(range(1, 301))


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


# --- losing the broker --------------------------------------------------------------------------------------------------------------


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


async def until_depth(broker: Broker, depth: int) -> None:
    async def reached() -> bool:
        return (await broker.queue_states())[0].depth == depth

    await eventually(reached, TIMEOUT_S, f"{depth} deliveries that wait")


async def until_dead_letters(broker: Broker, count: int) -> list[DeadLetter]:
    async def reached() -> bool:
        return len(await broker.dead_letters()) == count

    await eventually(reached, TIMEOUT_S, f"{count} dead letters")
    return await broker.dead_letters()


async def until_taken(broker: Broker, body: bytes) -> None:
    async def taken() -> bool:
        try:
            await publish(broker, RoutingKey.WORK, body)
        except BrokerUnavailable:
            return False
        return True

    await eventually(taken, TIMEOUT_S, "room in the work queue")
