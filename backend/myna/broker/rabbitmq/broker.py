"""RabbitMQ as a broker of the port.

It has two connections, because RabbitMQ blocks a whole connection that publishes during an alarm, and what is consumed must
not wait for that.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from weakref import WeakSet

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel
from aiormq.exceptions import DeliveryError, PublishError
from pamqp import commands

from myna.broker.group_commit import publishers
from myna.broker.port import PUBLISH_TIMEOUT_S, DeadLetter, QueueState, Record, Start
from myna.broker.rabbitmq import inspection, log_reading, notices
from myna.broker.rabbitmq.channels import close_channel
from myna.broker.rabbitmq.connection import NOT_YET, AmqpConnection, errors_as_unavailable
from myna.broker.rabbitmq.consumer import RabbitConsumer
from myna.broker.rabbitmq.dead_letters import DeadLetters
from myna.broker.rabbitmq.log_declaration import LogDeclaration
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import EXCHANGE, LOG, QUEUES, WORK_QUEUE, LogLimits, RoutingKey
from myna.telemetry import tracing
from myna.telemetry.histogram import Histogram

log = structlog.get_logger(__name__)

LAB_KEY = "lab"  # of commands between laboratories, to queues of their own that end with their process
PERSISTENT = 2  # AMQP's delivery mode
# A publish that the work queue refuses is in the log all the same, because the stream took its copy. So new messages are
# refused before the queue is full, by its depth as seen seconds ago; the tenth that is left outlasts those seconds.
FULL_SHARE = 0.9
MAX_DEPTH = next(int(queue.arguments["x-max-length"]) for queue in QUEUES if queue.name == WORK_QUEUE)
# Found in a line by pattern, because decoding every line again would cost more than publishing it.
_OWNER = re.compile(rb'\{"owner":"([^"\\]+)"')
_TYPE = re.compile(rb'"type":"([a-z._]+)"')
_TRACEPARENT = re.compile(rb'"traceparent":"(00-[0-9a-f-]{52})"')
_ID = re.compile(rb'"id":"([0-9A-Fa-f-]{36})"')


class RabbitBroker:
    """A RabbitMQ, 3.10 to 4.x; see `port.Broker`."""

    kind: Literal["rabbitmq", "embedded"] = "rabbitmq"

    def __init__(self, url: str, *, worker: str, limits: LogLimits | None = None) -> None:
        """`url` is `amqp://…` or `amqps://…`, of a cluster one for each member, comma-separated.

        `worker` names the connections in RabbitMQ's management page. A log that is there keeps the `limits` it was made with.
        """
        self.up = False
        self.trouble: str | None = NOT_YET
        self._came_up = asyncio.Event()
        self._logged: bool | None = None  # the `up` that was logged last
        self._publishing = AmqpConnection(url, f"{worker} publishes", self._on_change)
        self._consuming = AmqpConnection(url, f"{worker} consumes", self._on_change)
        limits = limits or LogLimits()
        self.segment_bytes = limits.segment_bytes
        self._log = LogDeclaration(self._consuming, limits)
        self._dead_letters = DeadLetters(self._consuming)
        self._depth = 0  # of the work queue, at the last check
        self._consumers: WeakSet[RabbitConsumer] = WeakSet()
        # For publishing, one for each key. RabbitMQ 3.10 numbers what a channel sends to a stream by itself;
        # when the stream's leader dies, it sends the new one what is not confirmed under the channel's numbers in place of these. Where
        # the two differ it never confirms, and takes later publishes for repetitions. So all of one channel goes to the same queues.
        self._channels: dict[RoutingKey, tuple[AbstractChannel, Channel]] = {}  # the first of a pair keeps the second alive
        self.confirm_seconds = Histogram()
        self._publishers = publishers(self._publish, self.confirm_seconds)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as connections:
                connections.create_task(self._consuming.run(self._declare), name="broker-consuming")
                connections.create_task(self._publishing.run(self._probe), name="broker-publishing")
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def wait_up(self) -> None:
        await self._came_up.wait()

    async def close(self) -> None:
        await asyncio.gather(*(publisher.close(within_s=PUBLISH_TIMEOUT_S) for publisher in self._publishers.values()))
        self._logged = False  # closing is not worth a line of the log
        await self._publishing.close()
        await self._consuming.close()

    def _on_change(self) -> None:
        self.up = self._publishing.up and self._consuming.up
        self.trouble = None if self.up else self._publishing.trouble or self._consuming.trouble
        if self.up:
            self._came_up.set()
            if self._logged is False:
                log.info("broker.regained")
            self._logged = True
        else:
            self._came_up.clear()
            if self._logged is not False and self.trouble != NOT_YET:
                log.warning("broker.lost", reason=self.trouble)
                self._logged = False

    async def _declare(self, _fresh: bool) -> None:
        """Declare exchange, queues and bindings."""
        channel, _ = await self._consuming.channel()
        exchange = await channel.declare_exchange(EXCHANGE, durable=True)
        await self._log.declare(channel, exchange)
        for queue in QUEUES:
            if queue.name == LOG:
                continue
            declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
            if queue.name == WORK_QUEUE:
                self._depth = declared.declaration_result.message_count or 0
            for key in queue.keys:
                await declared.bind(exchange, key.value)
        await channel.close()
        for consumer in self._consumers:
            consumer.renew_if_idle()

    async def _probe(self, fresh: bool) -> None:
        """Check that publishes are taken: one to no queue is confirmed at once, unless the broker is blocked or frozen."""
        if fresh:
            self._channels.clear()
            await asyncio.gather(*(self._channel(key) for key in RoutingKey if key is not RoutingKey.PARKED))
        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            channel = await self._channel(RoutingKey.WORK)
            for _ in range(2):  # an alarm blocks a connection after its first publish, which is still confirmed
                await channel.basic_publish(b"", exchange=EXCHANGE, routing_key="nowhere", wait=False)

    async def _channel(self, key: RoutingKey) -> Channel:
        """The channel for publishes with this key, opened where there is none."""
        if key not in self._channels:
            self._channels[key] = await self._publishing.channel(confirms=True)
        return self._channels[key][1]

    def cut(self, seconds: float) -> None:
        """Break both connections and make none for so long; 0 allows them again."""
        for connection in (self._publishing, self._consuming):
            connection.cut(seconds)

    async def replace_log(self) -> None:
        """Delete the log and declare it anew, empty. Raises `BrokerUnavailable`."""
        await inspection.delete_log(self._consuming)
        self._consuming.recheck("The log was deleted.")

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        return self._publishers[key].submit(lines)

    async def _publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        if not self.up:
            raise BrokerUnavailable(self.trouble or "RabbitMQ is away.")
        if key is RoutingKey.MESSAGE and self._depth >= FULL_SHARE * MAX_DEPTH:
            raise BrokerUnavailable(f"{WORK_QUEUE} is full: {self._depth} deliveries wait.")
        body = lines[0] if len(lines) == 1 else b"\n".join(lines)
        try:
            with errors_as_unavailable("publishing"):
                async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                    channel = await self._channel(key)
                    await channel.basic_publish(
                        body, exchange=EXCHANGE, routing_key=key.value, properties=_properties(lines), mandatory=True, wait=False
                    )
        except BrokerUnavailable as error:
            if not self._publishing.up:  # given up meanwhile for a reason that says more than this publish's end
                raise BrokerUnavailable(self._publishing.trouble or str(error)) from error
            await self._diagnose(key, error)
            raise

    async def _diagnose(self, key: RoutingKey, error: BrokerUnavailable) -> None:
        """Do to channel and connections what a failed publish calls for."""
        match error.__cause__:
            case TimeoutError():
                self._publishing.drop(str(error))  # nobody knows which of its publishes will still arrive
            case PublishError():
                self._consuming.recheck(str(error))  # a queue is missing
                await self._discard_channel(key)  # this publish has a number on it, and none in the log
            case DeliveryError():
                # A queue is full. Or it had no leader at the first publish of this channel; then 3.10 refuses all later ones too.
                await self._discard_channel(key)
            case _:
                self._publishing.drop(str(error))

    async def _discard_channel(self, key: RoutingKey) -> None:
        owner, _ = self._channels.pop(key, (None, None))
        if owner is not None:
            await close_channel(owner)

    def consume(self, *, prefetch: int) -> RabbitConsumer:
        consumer = RabbitConsumer(self._consuming, prefetch)
        self._consumers.add(consumer)
        return consumer

    def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        return log_reading.read_log(self._consuming, start)

    async def log_span(self) -> tuple[int, int] | None:
        return await log_reading.log_span(self._consuming)

    async def record_at(self, offset: int) -> Record | None:
        return await log_reading.record_at(self._consuming, offset)

    def stops(self) -> AsyncGenerator[bytes, None]:
        return notices.notices(self._consuming, RoutingKey.STOP.value)

    def lab_commands(self, worker: str) -> AsyncGenerator[bytes, None]:
        """See `lab.commands.CommandChannel`."""
        return notices.notices(self._consuming, LAB_KEY, f"{LAB_KEY}.{worker}")

    async def lab_command(self, body: bytes, worker: str | None = None) -> bool:
        """See `lab.commands.CommandChannel`."""
        return await notices.notify(self._publishing, LAB_KEY if worker is None else f"{LAB_KEY}.{worker}", body)

    async def queue_states(self) -> list[QueueState]:
        return await inspection.queue_states(self._consuming)

    async def dead_letters(self) -> list[DeadLetter]:
        return await self._dead_letters.all()

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        return await self._dead_letters.remove(ids)


def _properties(lines: list[bytes]) -> commands.Basic.Properties:
    """What RabbitMQ's management page shows of a message beside its body."""
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
        if tracing.on() and (trace := _TRACEPARENT.search(lines[0])):
            headers["traceparent"] = trace[1].decode()  # for other programs; ours read the line
    return commands.Basic.Properties(
        content_type="application/json" if len(lines) == 1 else "application/x-ndjson",
        delivery_mode=PERSISTENT,
        timestamp=datetime.fromtimestamp(at_ms // 1000, UTC),
        message_id=message_id,
        headers=headers,
    )
