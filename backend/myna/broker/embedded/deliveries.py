"""Door: the in-process broker's consumers: deliveries in hand, and the notifier that wakes who waits. No I/O of its own."""

import asyncio
from datetime import datetime
from typing import Protocol

from myna.broker.embedded.queues import Acked, Published, PutAside, Queues, Returned, Taken, WorkItem
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable


class Notifier(asyncio.Event):
    """Wakes everybody who waits at this moment, once: a condition without a lock, for one event loop."""

    def notify_all(self) -> None:
        self.set()
        self.clear()


class WorkSource(Protocol):
    """What a consumer needs of the broker."""

    queues: Queues
    work_arrived: Notifier
    life: int

    def living(self, life: int | None = None) -> int: ...
    def change(self, entry: Taken | Acked | Returned) -> None: ...
    def commit(self, entry: Published | PutAside) -> asyncio.Future[None] | None: ...
    def forget(self, consumer: "EmbeddedConsumer") -> None: ...


class EmbeddedDelivery:
    """One message in a consumer's hands; see `port.Delivery`."""

    __slots__ = ("_owner", "_work", "body", "redelivered", "sent_at", "tries")

    def __init__(self, owner: "EmbeddedConsumer", work: WorkItem) -> None:
        self._owner = owner
        self._work = work
        self.body = work.body
        self.tries = work.tries
        self.redelivered = work.tries > 0
        self.sent_at: datetime | None = timestamps.from_ms(work.at_ms)

    async def ack(self) -> None:
        self._owner.ack(self._work)

    async def requeue(self) -> None:
        self._owner.requeue(self._work)

    async def reject(self) -> None:
        await self._owner.park(self._work)


class EmbeddedConsumer:
    """One consumer of the work queue; see `port.Deliveries`."""

    def __init__(self, source: WorkSource, prefetch: int) -> None:
        self._source = source
        self._prefetch = prefetch
        self._life = source.life
        self._in_hand: dict[int, WorkItem] = {}
        self._closed = False

    def __aiter__(self) -> "EmbeddedConsumer":
        return self

    async def __anext__(self) -> EmbeddedDelivery:
        while not self._closed:
            self._source.living(self._life)
            work = self._source.queues.next_work
            if work is not None and len(self._in_hand) < self._prefetch:
                self._source.change(Taken(work.number))
                self._source.living(self._life)  # the disk may just have failed, and then it is not ours
                self._in_hand[work.number] = work
                return EmbeddedDelivery(self, work)
            await self._source.work_arrived.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._source.forget(self)
            self.give_back()
            self._source.work_arrived.notify_all()

    def ack(self, work: WorkItem) -> None:
        if self._let_go(work):
            self._source.change(Acked(work.number))
            self._source.work_arrived.notify_all()

    def requeue(self, work: WorkItem) -> None:
        if self._let_go(work):
            self._return(work)
            self._source.work_arrived.notify_all()

    async def park(self, work: WorkItem) -> None:
        if self._let_go(work):
            on_disk = self._source.commit(PutAside(work.number, "rejected", timestamps.now_ms()))
            self._source.work_arrived.notify_all()
            if on_disk is not None:
                try:
                    await on_disk
                except BrokerUnavailable:
                    return  # the disk failed: whatever the file holds, the message is given out again or parked

    def give_back(self) -> None:
        """Everything in hand goes back, in the order in which it was taken."""
        in_hand, self._in_hand = self._in_hand, {}
        if self._source.life == self._life:
            for work in in_hand.values():
                self._return(work)

    def _let_go(self, work: WorkItem) -> bool:
        # After a loss, a close, or an earlier answer the message is not in our hands any more, and nothing is to be done.
        return self._source.life == self._life and self._in_hand.pop(work.number, None) is not None

    def _return(self, work: WorkItem) -> None:
        if self._source.queues.exhausted(work):
            self._source.commit(PutAside(work.number, "delivery_limit", timestamps.now_ms()))
        else:
            self._source.change(Returned(work.number))
