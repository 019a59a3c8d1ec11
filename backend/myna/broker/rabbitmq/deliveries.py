"""Door: the work queue of RabbitMQ in one consumer's hands. It takes, acks and gives back, and never publishes."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

from myna.broker.rabbitmq.connection import Line, unavailable_on_trouble
from myna.broker.rabbitmq.consumer import Arrival, Intake, consuming
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import WORK_QUEUE


class RabbitDelivery:
    """One message in hand; see `port.Delivery`."""

    __slots__ = ("_owner", "_tag", "body", "redelivered", "sent_at", "tries")

    def __init__(self, owner: "RabbitConsumer", arrival: Arrival) -> None:
        self._owner = owner
        self._tag: int | None = arrival.tag
        self.body = arrival.body
        self.redelivered = arrival.redelivered
        self.tries = int(arrival.headers.get("x-delivery-count", 0))
        self.sent_at = _sent_at(arrival)

    async def ack(self) -> None:
        tag, self._tag = self._tag, None
        if tag is not None:
            self._owner.ack(tag)

    async def requeue(self) -> None:
        await self._refuse(requeue=True)

    async def reject(self) -> None:
        await self._refuse(requeue=False)

    async def _refuse(self, *, requeue: bool) -> None:
        tag, self._tag = self._tag, None
        if tag is not None:
            await self._owner.refuse(tag, requeue=requeue)


class RabbitConsumer:
    """One consumer of the work queue; see `port.Deliveries`."""

    def __init__(self, line: Line, prefetch: int) -> None:
        self._line = line
        self._prefetch = prefetch
        self._stack = AsyncExitStack()
        self._intake: Intake | None = None
        self._opening = asyncio.Lock()
        self._open_tags: dict[int, None] = {}  # given to us and neither acked nor refused, in order
        self._acked: set[int] = set()
        self._acking: asyncio.Task[None] | None = None
        self._closed = False

    def __aiter__(self) -> "RabbitConsumer":
        return self

    async def __anext__(self) -> RabbitDelivery:
        if self._intake is None:
            await self._open()
        intake = self._intake
        if self._closed or intake is None:
            raise StopAsyncIteration
        try:
            await intake.some()
        except BrokerUnavailable:
            if self._closed:
                raise StopAsyncIteration from None
            raise
        arrival = intake.arrived.popleft()
        self._open_tags[arrival.tag] = None
        return RabbitDelivery(self, arrival)

    async def aclose(self) -> None:
        self._closed = True
        async with self._opening:
            if self._acking is not None:
                await asyncio.wait([self._acking])
            await self._stack.aclose()

    def ack(self, tag: int) -> None:
        """Acks of one turn of the loop travel together."""
        self._acked.add(tag)
        if self._acking is None:
            self._acking = asyncio.get_running_loop().create_task(self._send_acks(), name="acks")

    async def refuse(self, tag: int, *, requeue: bool) -> None:
        """Back to the queue, or to the dead letters."""
        intake = self._intake
        try:
            if intake is not None and not intake.broken:
                with unavailable_on_trouble("giving a delivery back"):
                    await intake.channel.basic_nack(tag, requeue=requeue, wait=False)
        except BrokerUnavailable:
            return  # the channel has died meanwhile: the delivery comes again elsewhere
        finally:
            # Only now: as long as it counts as open, no ack of a later one speaks for it too.
            self._open_tags.pop(tag, None)

    async def _open(self) -> None:
        async with self._opening:
            if self._intake is None and not self._closed:
                self._intake = await self._stack.enter_async_context(consuming(self._line, WORK_QUEUE, prefetch=self._prefetch))

    async def _send_acks(self) -> None:
        try:
            while self._acked and self._intake is not None and not self._intake.broken:
                acked, self._acked = self._acked, set()
                for tag, multiple in self._grouped(acked):
                    with unavailable_on_trouble("acking"):
                        await self._intake.channel.basic_ack(tag, multiple=multiple, wait=False)
        except BrokerUnavailable:
            return  # the channel has died meanwhile: these come again elsewhere
        finally:
            self._acking = None

    def _grouped(self, acked: set[int]) -> list[tuple[int, bool]]:
        """One ack for the longest run from the oldest open delivery on, and one for each of the rest."""
        run = 0
        for tag in self._open_tags:
            if tag not in acked:
                break
            run = tag
        for tag in acked:
            self._open_tags.pop(tag, None)
        rest = [(tag, False) for tag in sorted(acked) if tag > run]
        return [(run, True), *rest] if run else rest


def _sent_at(arrival: Arrival) -> datetime | None:
    at_ms = arrival.headers.get("at_ms")
    if isinstance(at_ms, int):
        return timestamps.from_ms(at_ms)
    stamped = arrival.properties.timestamp
    return stamped if isinstance(stamped, datetime) else None
