"""Queues that an operator deletes come back, and their consumers with them."""

import asyncio
from collections import deque
from contextlib import aclosing

import pytest

from myna.broker.rabbitmq import connection
from myna.broker.rabbitmq import consumer as consumer_module
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.broker.rabbitmq.channel_reader import RawDelivery
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import LOG, WORK_QUEUE, RoutingKey
from tests.contract.broker_fixtures import TIMEOUT_S, in_time, more, publish, published, read, running, take, until
from tests.services.processes import until as eventually
from tests.services.rabbitmq import RabbitNode


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
