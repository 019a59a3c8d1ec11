"""What the pipeline needs of a message broker, as protocols and plain data.

There are two implementations, `rabbitmq` and `embedded`; one contract suite (tests/contract/test_broker*.py) runs on both.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from myna.telemetry.histogram import Histogram

PUBLISH_TIMEOUT_S = 5.0  # a confirm that takes longer won't come: the broker is frozen, blocked or away
STATUS_TIMEOUT_S = 2.0  # a broker that takes longer to describe its queues is shown without them
STOPS_KEPT = 1000  # stops that a listener may be behind; the oldest are dropped first, as the log has them all

# Where reading the log begins: an offset, a time, the oldest record kept, or the next record to come.
Start = int | datetime | Literal["first", "next"]


class Record(NamedTuple):
    """One record of the log. Several events may share it, a line each (`body.split(b"\\n")`)."""

    offset: int  # counts from 0; each record's is one more than the last one's, or two where RabbitMQ has taken one itself
    key: str  # the routing key it was published, or dead-lettered, with
    body: bytes


class Delivery(Protocol):
    """One message of the work queue that a consumer holds, until exactly one of ack, requeue and reject.

    All three do nothing once the delivery is not held any more: after another of them, or when its channel has died and
    the broker gives the message to somebody else. None of them raises.
    """

    body: bytes
    redelivered: bool
    tries: int  # how often it was given out before (0 the first time)
    sent_at: datetime | None  # when it was published, by the publisher's clock; None where that is unknown

    async def ack(self) -> None:
        """Remove the message from the queue."""

    async def requeue(self) -> None:
        """Give the message back to the queue, at once. Counts as a try; beyond the delivery limit it becomes a dead letter."""

    async def reject(self) -> None:
        """Move the message to the dead letters, with its body as it came. The log gets a copy with key `parked`."""


class Consumer(Protocol):
    """A consumer of the work queue: an async iterator of deliveries in queue order, with at most `prefetch` of them unacked.

    `anext` raises `BrokerUnavailable` when the broker is lost or the queue deleted. A cancelled `anext` leaves the consumer
    as it was.
    """

    def __aiter__(self) -> "Consumer": ...

    async def __anext__(self) -> Delivery: ...

    async def aclose(self) -> None:
        """Take no more, and requeue everything unacked. Harmless when repeated."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message in the dead letters."""

    id: str  # stays the same while it is there
    body: bytes
    reason: str  # rejected | delivery_limit
    dead_lettered_at: datetime | None
    headers: Mapping[str, str] = field(default_factory=dict)  # as text; none where this broker keeps none


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as the broker sees it; None where this broker can't tell."""

    name: str
    depth: int | None = None  # messages ready to be delivered, or records in the log
    unacked: int | None = None
    consumers: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """The broker as an operator sees it at one moment."""

    kind: Literal["rabbitmq", "embedded"]
    up: bool
    queues: list[QueueState]  # empty where the broker is away or too slow to answer


class Broker(Protocol):
    """A message broker with the topology of protocol/topology.py.

    While the broker is away, everything that needs it raises `BrokerUnavailable`, at once or within `PUBLISH_TIMEOUT_S`.
    """

    kind: Literal["rabbitmq", "embedded"]
    up: bool  # False from losing the broker until the topology is declared again
    trouble: str | None  # one sentence on why it is not up; None while it is
    confirm_seconds: Histogram  # of publishes, from each to its confirm
    segment_bytes: int  # the log drops nothing before it has grown by so much; 0: as soon as anything is appended

    async def run(self) -> None:
        """Keep connections and topology alive until cancelled: connect, declare, watch, repeat with backoff and jitter.

        Raises `StartupError` for what a restart can't mend, a refused login say; never returns before `close`.
        """

    async def wait_up(self) -> None:
        """Return as soon as `up` is True."""

    async def close(self) -> None:
        """Publish what waits, for at most `PUBLISH_TIMEOUT_S`, then close all connections."""

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        """Publish lines, in order; the future is done when the broker has confirmed them on every queue that the key feeds.

        Group commit: lines of one key that wait while a publish is under way travel together as the next one, up to
        `key.group_lines`; a line alone travels alone and at once. Lines of one call are never split. Publishes are persistent,
        mandatory and confirmed, whether somebody awaits the future or not.

        The future fails with `BrokerUnavailable` when the broker is away, too much waits already, or an earlier publish of
        this key failed while these lines waited; so what was confirmed of one submitter is always a prefix. Never raises.
        """

    def consume(self, *, prefetch: int) -> Consumer:
        """A new consumer of the work queue that holds up to `prefetch` deliveries at once. Close it with `aclose`."""

    def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        """The log from a place on, then live, without end: batches of one or more records in offset order.

        An offset begins at that very record, or at the first one kept after it; beyond the end it waits for that offset. A
        time begins at the first record at or after it, or a little earlier. Raises `BrokerUnavailable` when reading breaks.
        """

    async def log_span(self) -> tuple[int, int] | None:
        """First and last offset kept, or None for an empty log. Raises `BrokerUnavailable`."""

    async def record_at(self, offset: int) -> Record | None:
        """The record with that very offset; None where it is dropped already or not there yet. Raises `BrokerUnavailable`."""

    def stops(self) -> AsyncGenerator[bytes, None]:
        """Bodies published with key `stop` from now on, at most once each: some may be missed, as the log holds them all.

        Raises `BrokerUnavailable` when the broker is lost.
        """

    async def queue_states(self) -> list[QueueState]:
        """The work queue, the log and the dead letters as they are, in this order. Raises `BrokerUnavailable`."""

    async def dead_letters(self) -> list[DeadLetter]:
        """The dead letters, oldest first; they stay where they are. Raises `BrokerUnavailable`."""

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        """Remove these dead letters and return how many of them there were. Raises `BrokerUnavailable`."""


async def broker_status(broker: Broker) -> BrokerStatus:
    """The broker's state and its queues, within `STATUS_TIMEOUT_S`. Raises nothing: an outage is an answer too."""
    queues: list[QueueState] = []
    try:
        async with asyncio.timeout(STATUS_TIMEOUT_S):
            queues = await broker.queue_states()
    except (BrokerUnavailable, TimeoutError):
        pass
    return BrokerStatus(broker.kind, broker.up, queues)
