"""Door: RabbitMQ behind the port. It owns two connections, as a blocked publisher must not hold up what is consumed."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel
from aiormq.exceptions import DeliveryError, PublishError
from pamqp import commands

from myna.broker.group_commit import GroupCommit
from myna.broker.port import PUBLISH_TIMEOUT_S, DeadLetter, QueueState, Record, Start
from myna.broker.rabbitmq import inspection as reading
from myna.broker.rabbitmq.connection import NOT_YET, Line, unavailable_on_trouble
from myna.broker.rabbitmq.deliveries import RabbitConsumer
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import EXCHANGE, GROUP_LINES, QUEUES, WORK_QUEUE, RoutingKey

log = structlog.get_logger(__name__)

PERSISTENT = 2
# A publish that the work queue refuses stands in the log all the same: the stream took its copy. So new messages are
# turned away before the queue is full, by its depth as seen seconds ago; the tenth that is left outlasts those seconds.
FULL_SHARE = 0.9
# An event's line begins with its owner; its type comes right after what stays inside the pipeline.
_OWNER = re.compile(rb'\{"owner":"([^"\\]+)"')
_TYPE = re.compile(rb'"type":"([a-z._]+)"')
_ID = re.compile(rb'"id":"([0-9A-Fa-f-]{36})"')


class RabbitBroker:
    """A RabbitMQ, 3.10 to 4.x, at an `amqp://` or `amqps://` URL; `worker` names the connections to its operator."""

    kind: Literal["rabbitmq", "embedded"] = "rabbitmq"

    def __init__(self, url: str, *, worker: str) -> None:
        self.up = False
        self.trouble: str | None = NOT_YET
        self._rise = asyncio.Event()
        self._said: bool | None = None  # what the log heard last about `up`
        self._publishing = Line(url, f"{worker} publishes", self._on_change)
        self._consuming = Line(url, f"{worker} consumes", self._on_change)
        self._waiting = 0  # deliveries in the work queue, when last looked at
        self._keep: AbstractChannel | None = None
        self._channel: Channel | None = None  # what is published goes through this one
        self._publishers = {key: GroupCommit(partial(self._publish, key), limit=GROUP_LINES) for key in RoutingKey}

    # --- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as lines:
                lines.create_task(self._consuming.keep(self._declare), name="broker-consuming")
                lines.create_task(self._publishing.keep(self._probe), name="broker-publishing")
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def wait_up(self) -> None:
        await self._rise.wait()

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                for publisher in self._publishers.values():
                    await publisher.drain()
        for publisher in self._publishers.values():
            await publisher.close()
        self._said = False  # to be gone is no news from here on
        await self._publishing.close()
        await self._consuming.close()

    def _on_change(self) -> None:
        self.up = self._publishing.up and self._consuming.up
        self.trouble = None if self.up else self._publishing.trouble or self._consuming.trouble
        if self.up:
            self._rise.set()
            if self._said is False:
                log.info("broker.regained")
            self._said = True
        else:
            self._rise.clear()
            if self._said is not False and self.trouble != NOT_YET:
                log.warning("broker.lost", reason=self.trouble)
                self._said = False

    async def _declare(self, _fresh: bool) -> None:
        """Exchange, queues and bindings, made where they are missing."""
        channel, _ = await self._consuming.channel()
        exchange = await channel.declare_exchange(EXCHANGE, durable=True)
        for queue in QUEUES:
            declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
            if queue.name == WORK_QUEUE:
                self._waiting = declared.declaration_result.message_count or 0
            for key in queue.keys:
                await declared.bind(exchange, key.value)
        await channel.close()

    async def _probe(self, fresh: bool) -> None:
        """A publish to nowhere is confirmed at once, unless the broker takes no publishes: blocked, or frozen."""
        if fresh or self._channel is None:
            self._keep, self._channel = await self._publishing.channel(confirms=True)
        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            for _ in range(2):  # an alarm blocks a connection after its first publish, which is still confirmed
                await self._channel.basic_publish(b"", routing_key="nowhere", wait=False)

    # --- the way in ---------------------------------------------------------------------------------------------------

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        return self._publishers[key].submit(lines)

    async def _publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        if not self.up or self._channel is None:
            raise BrokerUnavailable(self.trouble or "RabbitMQ is away.")
        if key is RoutingKey.MESSAGE and self._waiting >= FULL_SHARE * _room():
            raise BrokerUnavailable(f"{WORK_QUEUE} is full: {self._waiting} deliveries wait.")
        body = lines[0] if len(lines) == 1 else b"\n".join(lines)
        try:
            with unavailable_on_trouble("publishing"):
                async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                    await self._channel.basic_publish(
                        body, exchange=EXCHANGE, routing_key=key.value, properties=_properties(lines), mandatory=True, wait=False
                    )
        except BrokerUnavailable as error:
            self._judge(error)
            raise

    def _judge(self, error: BrokerUnavailable) -> None:
        """What a failed publish says about the broker."""
        match error.__cause__:
            case TimeoutError():
                self._publishing.drop(str(error))  # which of its publishes will still arrive is unknowable
            case PublishError():
                self._consuming.doubt(str(error))
            case DeliveryError():
                pass  # full, and else in good health
            case _:
                self._publishing.drop(str(error))

    # --- the way out --------------------------------------------------------------------------------------------------

    def consume(self, *, prefetch: int) -> RabbitConsumer:
        return RabbitConsumer(self._consuming, prefetch)

    def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        return reading.read_log(self._consuming, start)

    async def log_span(self) -> tuple[int, int] | None:
        return await reading.log_span(self._consuming)

    async def record_at(self, offset: int) -> Record | None:
        return await reading.record_at(self._consuming, offset)

    def stops(self) -> AsyncGenerator[bytes, None]:
        return reading.stops(self._consuming)

    # --- what an operator sees ----------------------------------------------------------------------------------------

    async def queue_states(self) -> list[QueueState]:
        return await reading.queue_states(self._consuming)

    async def dead_letters(self) -> list[DeadLetter]:
        return await reading.dead_letters(self._consuming)

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        return await reading.remove_dead_letters(self._consuming, ids)


def _room() -> int:
    return next(int(queue.arguments["x-max-length"]) for queue in QUEUES if queue.name == WORK_QUEUE)


def _properties(lines: list[bytes]) -> commands.Basic.Properties:
    """What an operator sees of a message in the management page without reading its body."""
    at_ms = timestamps.now_ms()
    headers: dict[str, Any] = {"at_ms": at_ms}  # AMQP's own timestamp knows whole seconds only
    message_id = None
    if len(lines) > 1:
        headers["lines"] = len(lines)
    else:
        owner, kind = _OWNER.match(lines[0]), _TYPE.search(lines[0])
        if owner and kind:
            headers |= {"owner": owner[1].decode(), "type": kind[1].decode()}
            found = _ID.search(lines[0], kind.end())
            message_id = found[1].decode() if found else None
    return commands.Basic.Properties(
        content_type="application/json" if len(lines) == 1 else "application/x-ndjson",
        delivery_mode=PERSISTENT,
        timestamp=datetime.fromtimestamp(at_ms // 1000, UTC),
        message_id=message_id,
        headers=headers,
    )
