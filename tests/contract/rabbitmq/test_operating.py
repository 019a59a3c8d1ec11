"""What an operator of RabbitMQ does and sees, and the limits of the log."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import pairwise

import aio_pika
import pytest
from structlog.testing import capture_logs

from myna.broker.rabbitmq import connection
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.pipeline.log_reader import OWN_OFFSETS
from myna.protocol.topology import MIB, WORK_QUEUE, LogLimits, RoutingKey
from tests.contract.broker_fixtures import TIMEOUT_S, in_time, publish, published, read, running, take, until, until_dead_letters
from tests.services.processes import free_ports
from tests.services.processes import until as eventually
from tests.services.rabbitmq import RabbitNode

LINE = b'{"owner":"0b7b7b7e-0000-4000-8000-000000000001","type":"reply.delta","index":0,"text":"\\"type\\":\\"no\\""}'


async def test_a_message_published_by_hand_is_delivered_like_any_other(broker: RabbitBroker, rabbit: RabbitNode, vhost: str) -> None:
    message = {"routing_key": WORK_QUEUE, "payload": '{"text": "hello"}', "payload_encoding": "string", "properties": {}}
    answer = await rabbit.manage("POST", f"exchanges/{vhost}/amq.default/publish", message)
    assert answer == {"routed": True}
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        [delivery] = await take(deliveries, 1)
        assert (delivery.body, delivery.redelivered, delivery.tries, delivery.sent_at) == (b'{"text": "hello"}', False, 0, None)
        await delivery.reject()
    records = await read(broker, "first", 1)
    assert (records[0].key, records[0].body) == ("parked", b'{"text": "hello"}')
    [letter] = await in_time(broker.dead_letters())
    assert await in_time(broker.remove_dead_letters([letter.id])) == 1


async def test_the_management_page_shows_a_messages_type_owner_and_id(broker: RabbitBroker, amqp_url: str) -> None:
    created = b'{"owner":"o-1","reply_id":"r","type":"message.created","id":"0b7b7b7e-0000-4000-8000-000000000002","text":"x"}'
    await publish(broker, RoutingKey.WORK, created, LINE, b"not an event")
    await in_time(broker.submit(RoutingKey.WORK, [LINE, LINE]))
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(WORK_QUEUE)
        one, two, three, four = [await queue.get() for _ in range(4)]
        assert one.message_id == "0b7b7b7e-0000-4000-8000-000000000002"
        assert (one.content_type, one.delivery_mode) == ("application/json", 2)
        assert (one.headers["owner"], one.headers["type"]) == ("o-1", "message.created")
        assert two.headers["type"] == "reply.delta"
        assert two.message_id
        assert one.timestamp is not None
        assert abs((one.timestamp - datetime.now(UTC)).total_seconds()) < 60
        assert "type" not in three.headers
        assert (four.content_type, four.headers["lines"]) == ("application/x-ndjson", 2)


async def test_the_connections_carry_the_workers_name(broker: RabbitBroker, rabbit: RabbitNode, vhost: str) -> None:
    async def named() -> bool:
        connections = await rabbit.manage("GET", f"vhosts/{vhost}/connections")
        return sorted(one["client_properties"].get("connection_name", "") for one in connections) == [
            "contract consumes",
            "contract publishes",
        ]

    await eventually(named, TIMEOUT_S, "the management page shows the connections")


async def test_a_connection_goes_to_the_next_member_of_a_cluster_where_one_is_away(clean_loop: None, amqp_url: str) -> None:
    gone = [f"amqp://guest:guest@127.0.0.1:{port}/" for port in free_ports(2)]
    broker = RabbitBroker(", ".join([*gone, amqp_url]), worker="cluster")
    async with running(broker):
        await in_time(broker.wait_up())
        await publish(broker, RoutingKey.EVENT, LINE)


async def test_the_log_keeps_to_its_limits_and_what_it_drops_is_missing_for_who_reads_too_late(clean_loop: None, amqp_url: str) -> None:
    async with running(RabbitBroker(amqp_url, worker="small", limits=LogLimits(max_bytes=2 * MIB))) as broker:

        async def dropped() -> bool:
            await publish(broker, RoutingKey.EVENT, *[b"x" * 128 * 1024] * 8)  # it drops when a segment is full
            return await broker.record_at(0) is None

        await eventually(dropped, TIMEOUT_S, "the log has dropped its first segment")
        span = await broker.log_span()
        assert span is not None
        assert span[0] > 1
        await publish(broker, RoutingKey.EVENT, b"next", b"last")
        offsets = [record.offset for record in await read(broker, 0, 6)]
        assert offsets[0] >= span[0]
        assert {after - before for before, after in pairwise(offsets)} <= {1, 1 + OWN_OFFSETS}


async def test_a_log_of_other_limits_is_taken_as_it_is_and_that_is_said_once(
    clean_loop: None, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "RECHECK_S", 0.05)
    async with running(RabbitBroker(amqp_url, worker="before")) as broker:
        await publish(broker, RoutingKey.EVENT, b"kept")
    with capture_logs() as lines:
        replaced = RabbitBroker(amqp_url, worker="after", limits=LogLimits(days=1))
        async with running(replaced) as broker:
            assert [record.body for record in await read(broker, "first", 1)] == [b"kept"]
            await asyncio.sleep(0.5)  # some checks
            (line,) = [one for one in lines if one["event"] == "broker.log_limits_differ"]
            assert "'1D' but current is '7D'" in line["reason"]
            await replaced.replace_log()
            await until(lambda: replaced.up, "a log is declared again")
            await published(replaced, RoutingKey.EVENT, b"new")
    async with running(RabbitBroker(amqp_url, worker="same", limits=LogLimits(days=1))):
        assert [one["event"] for one in lines].count("broker.log_limits_differ") == 1


async def test_a_command_reaches_those_it_is_for_and_is_refused_where_nobody_listens(broker: RabbitBroker) -> None:
    assert not await broker.lab_command(b"nobody is there")
    assert not await broker.lab_command(b"nobody is there", "one")
    async with aclosing(broker.lab_commands("one")) as one, aclosing(broker.lab_commands("two")) as two:
        first, second = asyncio.ensure_future(anext(one)), asyncio.ensure_future(anext(two))

        async def listening() -> bool:
            return await broker.lab_command(b"hello", "one") and await broker.lab_command(b"hello", "two")

        await eventually(listening, TIMEOUT_S, "both listen")
        assert await broker.lab_command(b"to all")
        assert not await broker.lab_command(b"to a third", "three")

        async def next_but_hello(reader: AsyncGenerator[bytes, None], begun: asyncio.Future[bytes]) -> bytes:
            body = await in_time(begun)
            while body == b"hello":
                body = await in_time(anext(reader))
            return body

        assert [await next_but_hello(one, first), await next_but_hello(two, second)] == [b"to all", b"to all"]
    assert await broker.log_span() is None, "they are kept nowhere"


async def test_two_processes_that_look_at_the_dead_letters_at_the_same_time_both_see_them(broker: RabbitBroker, amqp_url: str) -> None:
    await publish(broker, RoutingKey.WORK, b"one", b"two")
    async with aclosing(broker.consume(prefetch=9)) as deliveries:
        for delivery in await take(deliveries, 2):
            await delivery.reject()
    await until_dead_letters(broker, 2)
    async with running(RabbitBroker(amqp_url, worker="other")) as other:
        looks = await in_time(asyncio.gather(*(one.dead_letters() for one in (broker, other) * 4)))
    assert [[letter.body for letter in look] for look in looks] == [[b"one", b"two"]] * 8
    headers = looks[0][0].headers
    assert '"reason": "rejected"' in headers["x-death"]
    assert "x-delivery-count" not in headers, "each look raises it"
