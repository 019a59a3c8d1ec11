"""What the embedded broker holds, as plain data: the work queue, the log and the dead letters. No event loop, no I/O.

Every change is an entry, and `Queues.apply` is the only place that changes anything. The journal writes the entries and,
when the process comes back, applies them again in the same order.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from myna.broker.port import Record
from myna.protocol.topology import DAY_S, DEAD_LETTERS, IN_MEMORY, LOG, QUEUES, RECORD_OVERHEAD, WORK_QUEUE, LogLimits, RoutingKey

Reason = Literal["rejected", "delivery_limit"]

_ARGUMENTS = {queue.name: queue.arguments for queue in QUEUES}
_FEEDS = {key.value: tuple(queue.name for queue in QUEUES if key in queue.keys) for key in RoutingKey}


# Changes. `number` names a message of the work queue or of the dead letters; it is given once and never again.


class Published(NamedTuple):
    """A publish, routed by its key; `number` is that of the message it makes."""

    number: int
    key: str
    at_ms: int
    body: bytes


class Delivered(NamedTuple):
    """The next message of the work queue was given to a consumer."""

    number: int


class Acked(NamedTuple):
    """A consumer is done with a message."""

    number: int


class Requeued(NamedTuple):
    """A message that a consumer had goes back to the work queue, and is given out before those that never were."""

    number: int


class DeadLettered(NamedTuple):
    """A message that a consumer had went to the dead letters."""

    number: int
    reason: Reason
    at_ms: int


class DeadLetterRemoved(NamedTuple):
    """A dead letter was removed."""

    number: int


class LogReplaced(NamedTuple):
    """The log was deleted; the next record is the first of a new one."""


# Parts of a snapshot: entries that make the same queues again, without the changes that led there.


class SnapshotRecord(NamedTuple):
    """A record of the log; the first one says where the log begins."""

    offset: int
    key: str
    at_ms: int
    body: bytes


class SnapshotMessage(NamedTuple):
    """A message of the work queue. For one that a consumer has, a `Delivered` follows."""

    number: int
    tries: int
    at_ms: int
    body: bytes


class SnapshotDeadLetter(NamedTuple):
    """A dead letter."""

    number: int
    reason: str
    at_ms: int
    body: bytes


class SnapshotCounters(NamedTuple):
    """The next offset and the next number, also where nothing is left that had the last ones."""

    next_offset: int
    next_number: int


Unlogged = Delivered | Acked | Requeued | DeadLetterRemoved | LogReplaced  # changes that append nothing to the log
Change = Published | DeadLettered | Unlogged
JournalEntry = Change | SnapshotRecord | SnapshotMessage | SnapshotDeadLetter | SnapshotCounters


@dataclass(slots=True)
class Message:
    """One message of the work queue."""

    number: int
    body: bytes
    at_ms: int  # when it was published
    tries: int = 0  # how often it was given out and came back


class Queues:
    """The three queues. `next_number` is the number that the next publish gets."""

    def __init__(self, limits: LogLimits = IN_MEMORY) -> None:
        self._max_bytes, self._max_age_ms = limits.max_bytes, round(limits.days * DAY_S * 1000)
        self.next_number = 0
        self.next_offset = 0
        self.log: list[SnapshotRecord] = []
        self.dead_letters: dict[int, SnapshotDeadLetter] = {}
        self.unacked: dict[int, Message] = {}  # given to a consumer
        self._ready: deque[Message] = deque()
        self._requeued: deque[Message] = deque()  # given out before what is ready, as a quorum queue does
        self._log_bytes = 0

    @property
    def first_offset(self) -> int:
        """The offset of the oldest record kept, or of the next one where none is."""
        return self.log[0].offset if self.log else self.next_offset

    @property
    def ready(self) -> int:
        """How many messages of the work queue wait for a consumer."""
        return len(self._ready) + len(self._requeued)

    @property
    def next_message(self) -> Message | None:
        """The message that the next `Delivered` gives out."""
        waiting = self._requeued or self._ready
        return waiting[0] if waiting else None

    @staticmethod
    def feeds_work_queue(key: str) -> bool:
        """Whether a publish with this routing key goes to the work queue."""
        return WORK_QUEUE in _FEEDS[key]

    @property
    def full(self) -> bool:
        """Whether the work queue holds as much as the topology allows."""
        return self.ready >= int(_ARGUMENTS[WORK_QUEUE]["x-max-length"])

    def exhausted(self, message: Message) -> bool:
        """Whether this message would pass the delivery limit if it came back once more."""
        return message.tries >= int(_ARGUMENTS[WORK_QUEUE]["x-delivery-limit"])

    def records(self, start: int, limit: int) -> list[Record]:
        """Up to `limit` records from an offset on, or from the oldest one kept."""
        index = max(0, start - self.first_offset)
        return [Record(kept.offset, kept.key, kept.body) for kept in self.log[index : index + limit]]

    def first_at(self, at_ms: int) -> int:
        """The offset of the first record at or after this time."""
        return next((kept.offset for kept in self.log if kept.at_ms >= at_ms), self.next_offset)

    def apply(self, entry: JournalEntry) -> None:
        """Make one change. Raises `LookupError` where it is not possible after those before it."""
        match entry:
            case Published(number, key, at_ms, body):
                self.next_number = max(self.next_number, number + 1)
                self._route(number, key, at_ms, body, "rejected")
            case Delivered():
                message = (self._requeued or self._ready).popleft()
                self.unacked[message.number] = message
            case Acked(number):
                del self.unacked[number]
            case Requeued(number):
                message = self.unacked.pop(number)
                message.tries += 1
                self._requeued.append(message)
            case DeadLettered(number, reason, at_ms):
                self._route(number, RoutingKey.PARKED.value, at_ms, self.unacked.pop(number).body, reason)
            case DeadLetterRemoved(number):
                del self.dead_letters[number]
            case LogReplaced():
                self.log, self.next_offset, self._log_bytes = [], 0, 0
            case SnapshotRecord():
                self._append(entry)
            case SnapshotMessage(number, tries, at_ms, body):
                self._ready.append(Message(number, body, at_ms, tries))
            case SnapshotDeadLetter(number):
                self.dead_letters[number] = entry
            case SnapshotCounters(next_offset, next_number):
                self.next_offset, self.next_number = next_offset, next_number

    def requeue_all(self, at_ms: int) -> None:
        """Take back all that consumers have; what passes the delivery limit by that becomes a dead letter."""
        for message in tuple(self.unacked.values()):
            exhausted = self.exhausted(message)
            self.apply(DeadLettered(message.number, "delivery_limit", at_ms) if exhausted else Requeued(message.number))

    def snapshot(self) -> Iterator[JournalEntry]:
        """Entries that make these queues again."""
        yield from list(self.log)
        messages = [*self.unacked.values(), *self._requeued, *self._ready]
        yield from [SnapshotMessage(message.number, message.tries, message.at_ms, message.body) for message in messages]
        yield from [Delivered(number) for number in self.unacked]
        yield from list(self.dead_letters.values())
        yield SnapshotCounters(self.next_offset, self.next_number)

    def _route(self, number: int, key: str, at_ms: int, body: bytes, reason: Reason) -> None:
        for name in _FEEDS[key]:
            if name == LOG:
                self._append(SnapshotRecord(self.next_offset, key, at_ms, body))
            elif name == WORK_QUEUE:
                self._ready.append(Message(number, body, at_ms))
            elif name == DEAD_LETTERS:
                self.dead_letters[number] = SnapshotDeadLetter(number, reason, at_ms, body)

    def _append(self, record: SnapshotRecord) -> None:
        self.log.append(record)
        self.next_offset = record.offset + 1
        self._log_bytes += len(record.body) + RECORD_OVERHEAD
        oldest_ms = record.at_ms - self._max_age_ms
        if self._log_bytes > self._max_bytes or self.log[0].at_ms < oldest_ms:
            self._truncate(oldest_ms)

    def _truncate(self, oldest_ms: int) -> None:
        """Drop what is too old or too much: an eighth at a time, as a stream drops whole segments, and never the last record."""
        keep_bytes = self._max_bytes * 7 // 8 if self._log_bytes > self._max_bytes else self._max_bytes
        dropped = 0
        for kept in self.log[:-1]:
            if self._log_bytes <= keep_bytes and kept.at_ms >= oldest_ms:
                break
            self._log_bytes -= len(kept.body) + RECORD_OVERHEAD
            dropped += 1
        del self.log[:dropped]
