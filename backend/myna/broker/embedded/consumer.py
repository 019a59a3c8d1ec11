"""Consumers of the embedded broker's work queue, and the deliveries they hold."""

import asyncio
from datetime import datetime
from typing import Protocol

from myna.broker.embedded.queues import Acked, DeadLettered, Delivered, Message, Published, Queues, Requeued
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable


class Notifier(asyncio.Event):
    """Wakes everybody who waits at this moment, once: a condition without a lock, for one event loop."""

    def notify_all(self) -> None:
        self.set()
        self.clear()


class WorkQueue(Protocol):
    """What a consumer needs of the broker."""

    queues: Queues
    work_arrived: Notifier
    generation: int

    def require_up(self, generation: int | None = None) -> int: ...
    def change(self, entry: Delivered | Acked | Requeued) -> None: ...
    def commit(self, entry: Published | DeadLettered) -> asyncio.Future[None] | None: ...
    def forget(self, consumer: "EmbeddedConsumer") -> None: ...


class EmbeddedDelivery:
    """One message that a consumer holds; see `port.Delivery`."""

    __slots__ = ("_consumer", "_message", "body", "redelivered", "sent_at", "tries")

    def __init__(self, consumer: "EmbeddedConsumer", message: Message) -> None:
        self._consumer = consumer
        self._message = message
        self.body = message.body
        self.tries = message.tries
        self.redelivered = message.tries > 0
        self.sent_at: datetime | None = timestamps.from_ms(message.at_ms)

    async def ack(self) -> None:
        self._consumer.ack(self._message)

    async def requeue(self) -> None:
        self._consumer.requeue(self._message)

    async def reject(self) -> None:
        await self._consumer.reject(self._message)


class EmbeddedConsumer:
    """One consumer of the work queue; see `port.Consumer`."""

    def __init__(self, broker: WorkQueue, prefetch: int) -> None:
        self._broker = broker
        self._prefetch = prefetch
        self._generation = broker.generation
        self._unacked: dict[int, Message] = {}
        self._closed = False

    def __aiter__(self) -> "EmbeddedConsumer":
        return self

    async def __anext__(self) -> EmbeddedDelivery:
        while not self._closed:
            self._broker.require_up(self._generation)
            message = self._broker.queues.next_message
            if message is not None and len(self._unacked) < self._prefetch:
                self._broker.change(Delivered(message.number))
                self._broker.require_up(self._generation)  # the disk may just have failed, and then it is not ours
                self._unacked[message.number] = message
                return EmbeddedDelivery(self, message)
            await self._broker.work_arrived.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._broker.forget(self)
            self.requeue_all()
            self._broker.work_arrived.notify_all()

    def ack(self, message: Message) -> None:
        if self._release(message):
            self._broker.change(Acked(message.number))
            self._broker.work_arrived.notify_all()

    def requeue(self, message: Message) -> None:
        if self._release(message):
            self._requeue(message)
            self._broker.work_arrived.notify_all()

    async def reject(self, message: Message) -> None:
        if self._release(message):
            on_disk = self._broker.commit(DeadLettered(message.number, "rejected", timestamps.now_ms()))
            self._broker.work_arrived.notify_all()
            if on_disk is not None:
                try:
                    await on_disk
                except BrokerUnavailable:
                    return  # the disk failed: by what the file holds, it is given out again or a dead letter

    def requeue_all(self) -> None:
        """Give back all that this consumer holds, in the order in which it came."""
        unacked, self._unacked = self._unacked, {}
        if self._broker.generation == self._generation:
            for message in unacked.values():
                self._requeue(message)

    def _release(self, message: Message) -> bool:
        """Whether this consumer held the message: not after a loss, a close or an earlier answer, and then nothing is to be done."""
        return self._broker.generation == self._generation and self._unacked.pop(message.number, None) is not None

    def _requeue(self, message: Message) -> None:
        if self._broker.queues.exhausted(message):
            self._broker.commit(DeadLettered(message.number, "delivery_limit", timestamps.now_ms()))
        else:
            self._broker.change(Requeued(message.number))
