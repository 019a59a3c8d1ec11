"""Door: the in-process broker's consumers: deliveries in hand, and the bell that wakes who waits. No I/O of its own."""

import asyncio
from datetime import datetime
from typing import Protocol

from myna.broker.embedded.queues import Acked, Published, PutAside, Queues, Returned, Taken, WorkItem
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable


class Bell:
    """Wakes everybody who waits, once."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def wait(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)


class WorkSource(Protocol):
    """What a consumer needs of the broker."""

    kept: Queues
    work_bell: Bell
    life: int

    def living(self, life: int | None = None) -> int: ...
    def change(self, entry: Taken | Acked | Returned) -> None: ...
    def commit(self, entry: Published | PutAside) -> asyncio.Future[None] | None: ...
    def forget(self, consumer: "MemoryDeliveries") -> None: ...


class MemoryDelivery:
    """One message in a consumer's hands; see `port.Delivery`."""

    __slots__ = ("_owner", "_work", "body", "redelivered", "sent_at", "tries")

    def __init__(self, owner: "MemoryDeliveries", work: WorkItem) -> None:
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

    async def park(self) -> None:
        await self._owner.park(self._work)


class MemoryDeliveries:
    """One consumer of the work queue; see `port.Deliveries`."""

    def __init__(self, source: WorkSource, prefetch: int) -> None:
        self._source = source
        self._prefetch = prefetch
        self._life = source.life
        self._in_hand: dict[int, WorkItem] = {}
        self._closed = False

    def __aiter__(self) -> "MemoryDeliveries":
        return self

    async def __anext__(self) -> MemoryDelivery:
        while not self._closed:
            self._source.living(self._life)
            work = self._source.kept.next_work
            if work is not None and len(self._in_hand) < self._prefetch:
                self._source.change(Taken(work.number))
                self._source.living(self._life)  # the disk may just have failed, and then it is not ours
                self._in_hand[work.number] = work
                return MemoryDelivery(self, work)
            await self._source.work_bell.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._source.forget(self)
            self.give_back()
            self._source.work_bell.ring()

    def ack(self, work: WorkItem) -> None:
        if self._let_go(work):
            self._source.change(Acked(work.number))
            self._source.work_bell.ring()

    def requeue(self, work: WorkItem) -> None:
        if self._let_go(work):
            self._return(work)
            self._source.work_bell.ring()

    async def park(self, work: WorkItem) -> None:
        if self._let_go(work):
            on_disk = self._source.commit(PutAside(work.number, "rejected", timestamps.now_ms()))
            self._source.work_bell.ring()
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
        if self._source.kept.exhausted(work):
            self._source.commit(PutAside(work.number, "delivery_limit", timestamps.now_ms()))
        else:
            self._source.change(Returned(work.number))
