"""Brokers for the contract suite: the embedded one without and with a journal, and a real RabbitMQ."""

import asyncio
import gc
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.port import Broker, Consumer, DeadLetter, Delivery, Record, Start
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from tests.services.processes import until as eventually
from tests.services.rabbitmq import RabbitNode

T = TypeVar("T")
TIMEOUT_S = 30  # for what comes within milliseconds on a quiet machine


class BrokerHarness(ABC):
    """A running broker, and what a test does to it from outside."""

    broker: Broker

    @abstractmethod
    async def lose(self) -> None:
        """Take the broker away."""

    @abstractmethod
    async def recover(self) -> None:
        """Bring it back, and return when it is up."""


class EmbeddedBrokerHarness(BrokerHarness):
    def __init__(self, broker: EmbeddedBroker) -> None:
        self.broker = self._embedded = broker

    async def lose(self) -> None:
        self._embedded.lose()

    async def recover(self) -> None:
        self._embedded.recover()
        await in_time(self.broker.wait_up())  # with a journal, an earlier disk failure may have to be repaired first


class RabbitBrokerHarness(BrokerHarness):
    def __init__(self, broker: RabbitBroker, node: RabbitNode) -> None:
        self.broker = broker
        self._node = node

    async def lose(self) -> None:
        await self._node.stop_app()
        await until(lambda: not self.broker.up, "the broker is seen as lost")

    async def recover(self) -> None:
        await self._node.start_app()
        await in_time(self.broker.wait_up())


@asynccontextmanager
async def running(broker: Broker) -> AsyncIterator[Broker]:
    """Run a broker: up on entry, closed on exit."""
    run = asyncio.create_task(broker.run())
    up = asyncio.create_task(broker.wait_up())
    try:
        await asyncio.wait((run, up), timeout=TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if run.done():
            await run
        assert broker.up, broker.trouble
        yield broker
    finally:
        await broker.close()
        run.cancel()
        up.cancel()
        await asyncio.wait((run, up))
        if not run.cancelled():
            run.exception()


@pytest.fixture(params=["embedded", "journal", "rabbitmq"])
def make_harness(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], BrokerHarness]:
    match request.param:
        case "embedded":
            return lambda: EmbeddedBrokerHarness(EmbeddedBroker())
        case "journal":
            return lambda: EmbeddedBrokerHarness(EmbeddedBroker(tmp_path / "journal"))
    node: RabbitNode = request.getfixturevalue("rabbit")
    url: str = request.getfixturevalue("amqp_url")
    return lambda: RabbitBrokerHarness(RabbitBroker(url, worker="contract"), node)


@pytest.fixture
async def clean_loop(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Fail a test that leaves a task behind, or an error that nobody retrieved."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=TIMEOUT_S)
    assert not [task for task in left if not task.done()]
    gc.collect()
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio" and record.levelno >= logging.WARNING]


@pytest.fixture
async def harness(clean_loop: None, make_harness: Callable[[], BrokerHarness]) -> AsyncIterator[BrokerHarness]:
    harness = make_harness()
    async with running(harness.broker):
        yield harness


@pytest.fixture
def broker(harness: BrokerHarness) -> Broker:
    return harness.broker


async def in_time(awaitable: Awaitable[T]) -> T:
    """The result of something that must not take long."""
    return await asyncio.wait_for(awaitable, TIMEOUT_S)


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that must come true."""
    for _ in range(TIMEOUT_S * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {TIMEOUT_S} s: {what}")


async def published(broker: RabbitBroker, key: RoutingKey, body: bytes) -> None:
    """Publish as soon as the broker takes it again."""

    async def taken() -> bool:
        try:
            await in_time(broker.submit(key, [body]))
        except BrokerUnavailable:
            return False
        return True

    await eventually(taken, TIMEOUT_S, "a publish is taken again")


async def take(deliveries: Consumer, count: int) -> list[Delivery]:
    """The next deliveries of a consumer."""
    return [await in_time(anext(deliveries)) for _ in range(count)]


async def read(broker: Broker, start: Start, count: int) -> list[Record]:
    """The next records of the log from a place on."""
    async with aclosing(broker.log(start)) as batches:
        return await more(batches, count)


async def more(batches: AsyncGenerator[Sequence[Record], None], count: int) -> list[Record]:
    """At least `count` further records of a reader."""
    records: list[Record] = []
    while len(records) < count:
        records += await in_time(anext(batches))
    return records


async def publish(broker: Broker, key: RoutingKey, *bodies: bytes) -> None:
    """Publish each body as a message of its own."""
    for body in bodies:
        await in_time(broker.submit(key, [body]))


AWKWARD = [b"not json", b'{"text": "hello"}', b"\x00\xff\n\n", b"[" * 10, b"x" * 300_000]


def bodies(count: int) -> list[bytes]:
    return [b'{"n":%d}' % n for n in range(count)]


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
