"""Where its connection or its client library fails, nothing hangs and nothing is lost silently; a start waits or says why not."""

import asyncio
from contextlib import aclosing

import aio_pika
import pytest
from structlog.testing import capture_logs

from myna.broker.rabbitmq import broker as rabbit_module
from myna.broker.rabbitmq import connection
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.protocol.errors import BrokerUnavailable, StartupError
from myna.protocol.topology import DEAD_LETTERS, RoutingKey
from tests.contract.broker_fixtures import in_time, publish, published, read, running, take, until
from tests.services.processes import free_ports
from tests.services.rabbitmq import RabbitNode


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
