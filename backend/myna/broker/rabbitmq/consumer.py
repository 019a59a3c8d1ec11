"""Consumers of RabbitMQ's work queue, and the deliveries they hold."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

from myna.broker.rabbitmq.channel_reader import ChannelReader, RawDelivery, consuming
from myna.broker.rabbitmq.connection import AmqpConnection, errors_as_unavailable
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import WORK_QUEUE

# An idle consumer subscribes anew so often, in seconds. RabbitMQ 3.10 may forget to end the consumers of a queue that is deleted and
# declared at once (1 of some 20 times): it goes on to hand them deliveries that their channel drops.
RENEW_S = 10.0


class RabbitDelivery:
    """One message that a consumer holds; see `port.Delivery`."""

    __slots__ = ("_consumer", "_tag", "body", "redelivered", "sent_at", "tries")

    def __init__(self, consumer: "RabbitConsumer", raw: RawDelivery) -> None:
        self._consumer = consumer
        self._tag: int | None = raw.tag  # None once it was answered
        self.body = raw.body
        self.redelivered = raw.redelivered
        self.tries = int(raw.headers.get("x-delivery-count", 0))
        self.sent_at = _sent_at(raw)

    async def ack(self) -> None:
        tag, self._tag = self._tag, None
        if tag is not None:
            self._consumer.ack(tag)

    async def requeue(self) -> None:
        await self._nack(requeue=True)

    async def reject(self) -> None:
        await self._nack(requeue=False)

    async def _nack(self, *, requeue: bool) -> None:
        tag, self._tag = self._tag, None
        if tag is not None:
            await self._consumer.nack(tag, requeue=requeue)


class RabbitConsumer:
    """One consumer of the work queue; see `port.Consumer`."""

    def __init__(self, connection: AmqpConnection, prefetch: int) -> None:
        self._connection = connection
        self._prefetch = prefetch
        self._stack = AsyncExitStack()
        self._reader: ChannelReader | None = None
        self._opening = asyncio.Lock()
        self._unacked: dict[int, None] = {}  # tags that were neither acked nor refused, in order
        self._to_ack: set[int] = set()
        self._acking: asyncio.Task[None] | None = None
        self._active_at = 0.0  # when it last had a delivery or subscribed, by the event loop's clock
        self._renewing = False
        self._closed = False

    def __aiter__(self) -> "RabbitConsumer":
        return self

    async def __anext__(self) -> RabbitDelivery:
        raw = await self._next()
        self._active_at = asyncio.get_running_loop().time()
        self._unacked[raw.tag] = None
        return RabbitDelivery(self, raw)

    async def _next(self) -> RawDelivery:
        while True:
            try:
                reader = self._reader or await self._open()
                await reader.wait()
                return reader.arrived.popleft()
            except BrokerUnavailable:
                if self._closed:
                    raise StopAsyncIteration from None
                if not self._renewing:
                    raise
            self._reader, self._renewing = None, False
            await self._stack.aclose()

    def renew_if_idle(self) -> None:
        """Subscribe anew where nothing is in hand and nothing has come for `RENEW_S`; what was under way is delivered again."""
        reader = self._reader
        if reader is None or reader.broken or self._unacked or self._acking is not None:
            return
        if asyncio.get_running_loop().time() - self._active_at > RENEW_S:
            self._renewing = True
            reader.fail("This consumer is renewed.")

    async def aclose(self) -> None:
        self._closed = True
        async with self._opening:
            if self._acking is not None:
                await asyncio.wait([self._acking])
            await self._stack.aclose()

    def ack(self, tag: int) -> None:
        """Ack a delivery. Acks of one iteration of the event loop travel together."""
        self._to_ack.add(tag)
        if self._acking is None:
            self._acking = asyncio.get_running_loop().create_task(self._send_acks(), name="acks")

    async def nack(self, tag: int, *, requeue: bool) -> None:
        """Give a delivery back to the queue, or to the dead letters."""
        reader = self._reader
        try:
            if reader is not None and not reader.broken:
                with errors_as_unavailable("giving a delivery back"):
                    await reader.channel.basic_nack(tag, requeue=requeue, wait=False)
        except BrokerUnavailable:
            return  # the channel has died meanwhile: the broker gives the delivery to somebody else
        finally:
            # Not before: while the tag counts as unacked, no ack of several includes it.
            self._unacked.pop(tag, None)

    async def _open(self) -> ChannelReader:
        async with self._opening:
            if self._closed:
                raise BrokerUnavailable("This consumer was closed.")
            self._reader = await self._stack.enter_async_context(consuming(self._connection, WORK_QUEUE, prefetch=self._prefetch))
            self._active_at = asyncio.get_running_loop().time()
            return self._reader

    async def _send_acks(self) -> None:
        try:
            while self._to_ack and self._reader is not None and not self._reader.broken:
                acked, self._to_ack = self._to_ack, set()
                for tag, multiple in self._grouped(acked):
                    with errors_as_unavailable("acking"):
                        await self._reader.channel.basic_ack(tag, multiple=multiple, wait=False)
        except BrokerUnavailable:
            return  # the channel has died meanwhile: the broker gives these to somebody else
        finally:
            self._acking = None

    def _grouped(self, acked: set[int]) -> list[tuple[int, bool]]:
        """Tags to ack, each with whether it acks all before it: one for the longest run from the oldest unacked on, and the rest."""
        run = 0
        for tag in self._unacked:
            if tag not in acked:
                break
            run = tag
        for tag in acked:
            self._unacked.pop(tag, None)
        rest = [(tag, False) for tag in sorted(acked) if tag > run]
        return [(run, True), *rest] if run else rest


def _sent_at(raw: RawDelivery) -> datetime | None:
    at_ms = raw.headers.get("at_ms")
    if isinstance(at_ms, int):
        return timestamps.from_ms(at_ms)
    stamped = raw.properties.timestamp
    return stamped if isinstance(stamped, datetime) else None
