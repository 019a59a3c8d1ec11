"""Behaviour of a real RabbitMQ and of its client library that loses messages or hangs where nobody allows for it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import pairwise

import aio_pika
import pytest
from structlog.testing import capture_logs

from myna.broker.rabbitmq import broker as rabbit_module
from myna.broker.rabbitmq import connection
from myna.broker.rabbitmq import consumer as consumer_module
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.broker.rabbitmq.channel_reader import RawDelivery
from myna.pipeline.log_reader import OWN_OFFSETS
from myna.protocol.errors import BrokerUnavailable, StartupError
from myna.protocol.topology import DEAD_LETTERS, LOG, MIB, WORK_QUEUE, LogLimits, RoutingKey
from tests.contract.broker_fixtures import TIMEOUT_S, in_time, more, publish, read, running, take, until
from tests.services.processes import free_ports
from tests.services.processes import until as eventually
from tests.services.rabbitmq import RabbitNode

LINE = b'{"owner":"0b7b7b7e-0000-4000-8000-000000000001","type":"reply.delta","index":0,"text":"\\"type\\":\\"no\\""}'


@pytest.fixture
async def broker(clean_loop: None, rabbit: RabbitNode, amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = RabbitBroker(amqp_url, worker="contract")
    async with running(broker):
        yield broker


async def published(broker: RabbitBroker, key: RoutingKey, body: bytes) -> None:
    """Publish as soon as the broker takes it again."""

    async def taken() -> bool:
        try:
            await in_time(broker.submit(key, [body]))
        except BrokerUnavailable:
            return False
        return True

    await eventually(taken, TIMEOUT_S, "a publish is taken again")


# --- the client library -----------------------------------------------------------------------------------------------------


async def test_a_stuck_broker_is_an_error_and_not_a_cancellation_that_nobody_requested(
    clean_loop: None, rabbit: RabbitNode, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library finds out after three heartbeats, and then cancels whoever waits for a confirm; our own timeout is raised
    # so that it does.
    monkeypatch.setattr(connection, "HEARTBEAT_S", 1)
    monkeypatch.setattr(connection, "RECHECK_S", 100)
    monkeypatch.setattr(rabbit_module, "PUBLISH_TIMEOUT_S", 60)
    broker = RabbitBroker(amqp_url, worker="stuck")
    async with running(broker):
        async with aclosing(broker.log("first")) as batches:
            reading = asyncio.create_task(anext(batches))
            await asyncio.sleep(0.2)
            rabbit.freeze()
            future = broker.submit(RoutingKey.EVENT, [b"stuck"])
            for waiting in (future, reading):
                with pytest.raises(BrokerUnavailable, match="RabbitMQ"):
                    await in_time(waiting)
            assert not reading.cancelled()
        rabbit.thaw()
        await published(broker, RoutingKey.EVENT, b"after")


async def test_a_publish_that_timed_out_may_arrive_all_the_same(broker: RabbitBroker, rabbit: RabbitNode) -> None:
    rabbit.freeze()
    with pytest.raises(BrokerUnavailable, match="did not answer in time"):
        await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"late"]), 15)
    with pytest.raises(BrokerUnavailable):  # and from then on it fails at once
        await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"refused"]), 1)
    rabbit.thaw()
    await published(broker, RoutingKey.EVENT, b"late")
    assert [record.body for record in await read(broker, "first", 2)] == [b"late", b"late"]


async def test_a_memory_alarm_holds_up_publishers_and_nobody_else(broker: RabbitBroker, rabbit: RabbitNode) -> None:
    await publish(broker, RoutingKey.MESSAGE, b"one", b"two")
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        [first] = await take(deliveries, 1)
        await rabbit.raise_memory_alarm()
        with pytest.raises(BrokerUnavailable, match="alarm"):
            await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"blocked"]), 15)
        with pytest.raises(BrokerUnavailable):
            await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"blocked"]), 1)
        await first.ack()
        [second] = await take(deliveries, 1)
        assert (second.body, second.tries) == (b"two", 0)
        await second.ack()
        assert len(await read(broker, "first", 2)) == 2
        with pytest.raises(TimeoutError):  # a connection made anew has its first publish confirmed, and is blocked all the same
            await asyncio.wait_for(broker.wait_up(), 6)
        await rabbit.clear_memory_alarm()
        await published(broker, RoutingKey.MESSAGE, b"three")
        assert (await take(deliveries, 1))[0].body == b"three"


async def test_a_publish_interrupted_by_a_failed_check_of_the_connection_names_the_reason(
    clean_loop: None, rabbit: RabbitNode, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "RECHECK_S", 0.2)
    broker = RabbitBroker(amqp_url, worker="contract")
    async with running(broker):
        await rabbit.raise_memory_alarm()
        await asyncio.sleep(2)  # a check is under way, and blocked: its time is up before that of the publish
        with pytest.raises(BrokerUnavailable, match="alarm"):
            await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"blocked"]), 15)
        await rabbit.clear_memory_alarm()


async def test_a_killed_broker_is_logged_in_one_line_and_its_return_in_another(broker: RabbitBroker, rabbit: RabbitNode) -> None:
    await publish(broker, RoutingKey.MESSAGE, b"kept")
    await asyncio.sleep(2)  # 3.10 can lose a quorum queue that is killed within moments of its declaration
    with capture_logs() as lines:
        await rabbit.kill()
        await until(lambda: not broker.up, "the loss is noticed")
        await asyncio.sleep(1)  # long enough for a few vain tries to connect
        await rabbit.start()
        await in_time(broker.wait_up())
    assert [line["event"] for line in lines] == ["broker.lost", "broker.regained"]
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        assert (await take(deliveries, 1))[0].body == b"kept"


async def test_connections_closed_by_an_operator_are_made_again(broker: RabbitBroker, rabbit: RabbitNode, vhost: str) -> None:
    await publish(broker, RoutingKey.WORK, b"one")
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        await take(deliveries, 1)
        await rabbit.ctl("close_all_connections", "--vhost", vhost, "maintenance")
        with pytest.raises(BrokerUnavailable):
            await take(deliveries, 1)
    await in_time(broker.wait_up())
    await published(broker, RoutingKey.WORK, b"two")
    async with aclosing(broker.consume(prefetch=2)) as deliveries:
        assert [delivery.body for delivery in await take(deliveries, 2)] == [b"one", b"two"]


# --- queues that go away ------------------------------------------------------------------------------------------------------


async def test_a_publish_that_reaches_no_queue_fails_and_brings_the_queue_back(
    clean_loop: None, rabbit: RabbitNode, amqp_url: str, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "RECHECK_S", 100)  # not by the check that is due anyway
    broker = RabbitBroker(amqp_url, worker="unroutable")
    async with running(broker):
        await rabbit.delete_queue(vhost, WORK_QUEUE)
        with pytest.raises(BrokerUnavailable, match="no queue"):
            await in_time(broker.submit(RoutingKey.WORK, [b"nowhere"]))
        await published(broker, RoutingKey.WORK, b"somewhere")


async def test_a_work_queue_deleted_under_its_consumer_ends_it_and_comes_back(broker: RabbitBroker, rabbit: RabbitNode, vhost: str) -> None:
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        waiting = asyncio.create_task(anext(deliveries))
        await asyncio.sleep(0.2)
        await rabbit.delete_queue(vhost, WORK_QUEUE)
        with pytest.raises(BrokerUnavailable, match="deleted"):
            await in_time(waiting)
    await in_time(broker.wait_up())
    async with aclosing(broker.consume(prefetch=1)) as deliveries:
        await published(broker, RoutingKey.MESSAGE, b"again")
        assert (await take(deliveries, 1))[0].body == b"again"


class Dropped(deque[RawDelivery]):
    """Where deliveries go that a subscription drops."""

    number = 0

    def append(self, _: RawDelivery) -> None:
        self.number += 1


async def test_an_idle_consumer_subscribes_anew_and_gets_what_its_last_subscription_dropped(
    broker: RabbitBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = broker.consume(prefetch=10)
    delivery = asyncio.ensure_future(anext(consumer))
    await until(lambda: consumer._reader is not None, "a subscription")
    assert consumer._reader is not None
    consumer._reader.arrived = dropped = Dropped()
    await published(broker, RoutingKey.WORK, b"dropped at first")
    await until(lambda: dropped.number == 1, "the delivery")
    consumer.renew_if_idle()
    assert not consumer._reader.broken, "it has subscribed just now"
    monkeypatch.setattr(consumer_module, "RENEW_S", 0.0)
    consumer.renew_if_idle()
    assert ((await in_time(delivery)).body, delivery.result().redelivered) == (b"dropped at first", True)
    consumer.renew_if_idle()
    assert not consumer._reader.broken, "it has something in hand"
    await consumer.aclose()


async def test_a_log_deleted_under_its_reader_ends_it_and_begins_anew(broker: RabbitBroker, rabbit: RabbitNode, vhost: str) -> None:
    await publish(broker, RoutingKey.EVENT, b"old", b"old")
    async with aclosing(broker.log("first")) as batches:
        await more(batches, 2)
        await rabbit.delete_queue(vhost, LOG)
        with pytest.raises(BrokerUnavailable):
            await more(batches, 1)
    await in_time(broker.wait_up())
    await published(broker, RoutingKey.EVENT, b"new")
    [record] = await read(broker, "first", 1)
    assert (record.offset, record.body) == (0, b"new")


async def test_a_work_queue_deleted_where_nobody_consumes_it_comes_back_by_itself(
    broker: RabbitBroker, rabbit: RabbitNode, vhost: str
) -> None:
    await rabbit.delete_queue(vhost, WORK_QUEUE)

    async def back() -> bool:
        return WORK_QUEUE in [queue["name"] for queue in await rabbit.manage("GET", f"queues/{vhost}")]

    await eventually(back, TIMEOUT_S, "the queue is declared again")


# --- starting -------------------------------------------------------------------------------------------------------------------


async def test_a_queue_of_other_arguments_stops_the_start_with_a_sentence(clean_loop: None, amqp_url: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(DEAD_LETTERS, durable=True)
    with pytest.raises(StartupError, match=f"other arguments.*{DEAD_LETTERS}"):
        async with running(RabbitBroker(amqp_url, worker="other")):
            pass


async def test_a_refused_login_stops_the_start_with_a_sentence(clean_loop: None, amqp_url: str) -> None:
    with pytest.raises(StartupError, match="refuses this login: check CHAT_AMQP_URL"):
        async with running(RabbitBroker(amqp_url.replace("guest:guest@", "guest:wrong@"), worker="refused")):
            pass


async def test_a_virtual_host_that_is_not_there_yet_is_waited_for(clean_loop: None, rabbit_node: RabbitNode) -> None:
    broker = RabbitBroker(rabbit_node.url("made-later"), worker="early")
    with capture_logs() as lines:
        run = asyncio.create_task(broker.run())
        await until(lambda: bool(lines), "the trouble is logged")
        assert "does not open the virtual host '/made-later'" in str(broker.trouble)
        await rabbit_node.make_vhost("made-later")
        try:
            await in_time(broker.wait_up())
        finally:
            await broker.close()
            run.cancel()
            await asyncio.wait([run])
            await rabbit_node.drop_vhost("made-later")


async def test_a_broker_that_is_not_there_yet_is_waited_for(clean_loop: None) -> None:
    [port] = free_ports(1)
    broker = RabbitBroker(f"amqp://guest:guest@127.0.0.1:{port}/", worker="early")
    with capture_logs() as lines:
        run = asyncio.create_task(broker.run())
        await until(lambda: bool(lines), "the trouble is logged")
        await asyncio.sleep(1)
        assert not run.done()
        assert not broker.up
        assert [line["event"] for line in lines] == ["broker.lost"]
        with pytest.raises(BrokerUnavailable):
            await asyncio.wait_for(broker.submit(RoutingKey.EVENT, [b"nobody"]), 1)
        await broker.close()
        run.cancel()
        await asyncio.wait([run])


# --- what an operator does and sees ---------------------------------------------------------------------------------------------


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


# --- the log's limits -----------------------------------------------------------------------------------------------------------


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


# --- notices between laboratories -------------------------------------------------------------------------------------------


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
