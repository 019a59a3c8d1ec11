"""Door: what the rooms need of a broker, in the words of topology.py. Two twins keep this promise: rabbit.py and memory.py.

One contract suite (tests/contract/test_broker.py) runs on both. This module does nothing itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey

PUBLISH_TIMEOUT_S = 5.0  # a confirm that takes longer won't come: the broker is frozen, blocked or away
STATUS_TIMEOUT_S = 2.0  # a broker that takes longer to describe its queues is shown without them

Start = int | datetime | Literal["first", "next"]


class Record(NamedTuple):
    """One record of the log. Several events may share it, a line each (`body.split(b"\\n")`)."""

    offset: int
    key: str  # the routing key it was published (or dead-lettered) with
    body: bytes


class Delivery(Protocol):
    """One message of the work queue in a consumer's hands, until it ends in exactly one of ack, requeue or park."""

    body: bytes
    redelivered: bool
    tries: int  # how often it was given out before (0 the first time)
    sent_at: datetime | None  # when it was published, by the publisher's clock

    async def ack(self) -> None:
        """Done with. On a channel that has died meanwhile this does nothing: the delivery comes again elsewhere."""

    async def requeue(self) -> None:
        """Back to the queue, at once; counts as a try."""

    async def reject(self) -> None:
        """To the dead letters, body as it came; the log is told with key `parked`."""


class Deliveries(Protocol):
    """The work queue in one consumer's hands, an async iterator. Cancelling a pending `anext` leaves it open: only `aclose` gives back."""

    def __aiter__(self) -> "Deliveries": ...

    async def __anext__(self) -> Delivery: ...

    async def aclose(self) -> None:
        """Take no more, and give back everything not yet acked. Harmless when repeated."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message in the dead letters."""

    id: str  # stable while it lies there
    body: bytes
    reason: str  # rejected | delivery_limit
    dead_lettered_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as the broker sees it; None where this broker can't tell."""

    name: str
    depth: int | None = None  # ready to be delivered (work), or records kept (log)
    unacked: int | None = None
    consumers: int | None = None


class Broker(Protocol):
    """The way in and the log out.

    `up` is False from losing the broker until topology is declared again; `trouble` then says why in a sentence.
    Everything that needs the broker raises `BrokerUnavailable` meanwhile, at once or within `PUBLISH_TIMEOUT_S`.
    """

    kind: Literal["rabbitmq", "embedded"]
    up: bool
    trouble: str | None

    async def run(self) -> None:
        """Keep connections and topology alive until cancelled: connect, declare, watch, repeat with backoff and jitter.

        Returns never; raises only what a restart can't mend.
        """

    async def wait_up(self) -> None:
        """Return as soon as `up` is True."""

    async def close(self) -> None:
        """Flush what waits to be published (bounded), then let go of the broker."""

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        """Hand lines over, in order; the future is done when the broker has confirmed them on every queue the key feeds.

        Group commit: lines of one key that wait while a publish is under way travel together as the next one, up to
        `GROUP_LINES`; a lone line goes alone and at once. Publishes are persistent, mandatory, confirmed. Lines handed
        over in one call are never split. Fails with `BrokerUnavailable` (also when too much waits already); all that
        waits behind a failed publish fails with it, so what was confirmed of one submitter is always a prefix.
        Never raises by itself and never needs awaiting to make progress.
        """

    def consume(self, *, prefetch: int) -> Deliveries:
        """The work queue, a delivery at a time, in queue order; `prefetch` deliveries may be in hand at once.

        Ends by raising `BrokerUnavailable` (lost broker, queue deleted). `aclose` gives everything not yet acked back.
        """

    def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        """The log from a place on, as batches of one or more records in offset order, then live, without end.

        An integer is that very offset (or the first kept one after it); beyond the end it waits for that offset. A
        moment is the first record at or after it, or a little earlier. Raises `BrokerUnavailable` when reading breaks.
        """

    async def log_span(self) -> tuple[int, int] | None:
        """First and last offset kept, or None for an empty log."""

    async def record_at(self, offset: int) -> Record | None:
        """The record with that very offset, or None where there is none (forgotten, or beyond the end)."""

    def stops(self) -> AsyncGenerator[bytes, None]:
        """Bodies published with key `stop` from now on: a nudge, not a promise (the log holds the promise)."""

    async def queue_states(self) -> list[QueueState]:
        """All three queues as they stand."""

    async def dead_letters(self) -> list[DeadLetter]:
        """The dead letters, oldest first, left where they are."""

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        """Remove these from the dead letters; how many there were."""


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """The broker as an operator sees it at one moment."""

    kind: Literal["rabbitmq", "embedded"]
    up: bool
    queues: list[QueueState]  # empty where the broker is away or too slow to answer


async def broker_status(broker: Broker) -> BrokerStatus:
    """The broker's state and its queues, within `STATUS_TIMEOUT_S`. Raises nothing: an outage is an answer too."""
    queues: list[QueueState] = []
    try:
        async with asyncio.timeout(STATUS_TIMEOUT_S):
            queues = await broker.queue_states()
    except (BrokerUnavailable, TimeoutError):
        pass
    return BrokerStatus(broker.kind, broker.up, queues)
