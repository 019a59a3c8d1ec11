"""What every broker promises of deliveries that are given up."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from myna.broker.port import Broker
from myna.protocol.topology import DELIVERY_LIMIT, RoutingKey
from tests.contract.broker_fixtures import AWKWARD, in_time, publish, read, take, until_dead_letters


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


async def test_whoever_looks_at_the_same_time_sees_all_of_them(broker: Broker) -> None:
    await publish(broker, RoutingKey.WORK, *AWKWARD)
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        for delivery in await take(deliveries, len(AWKWARD)):
            await delivery.reject()
    letters = await until_dead_letters(broker, len(AWKWARD))
    looks = await in_time(asyncio.gather(*(broker.dead_letters() for _ in range(4))))
    assert [len(look) for look in looks] == [len(AWKWARD)] * 4
    assert await in_time(asyncio.gather(*(broker.remove_dead_letters([letter.id]) for letter in letters))) == [1] * len(letters)


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
