"""Door: what the in-process broker keeps, as plain data: work, log and dead letters. No event loop, no I/O.

Every change is an entry, and `apply` is the only place that changes anything; the journal writes the very entries and
plays them again, in the same order, when the process comes back.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from myna.broker.port import Record
from myna.protocol.topology import DEAD_LETTERS, LOG, QUEUES, WORK_QUEUE, RoutingKey

Reason = Literal["rejected", "delivery_limit"]

# RabbitMQ's log is kept on disk by the gigabyte; this one lives in memory, and 64 MiB are about 130,000 events.
LOG_BYTES = 64 * 1024**2
RECORD_OVERHEAD = 200  # bytes of memory that one record costs beside its body
_UNITS = {"D": 86_400, "h": 3600, "m": 60, "s": 1}

_ARGUMENTS = {queue.name: queue.arguments for queue in QUEUES}
_MAX_AGE_MS = int(str(_ARGUMENTS[LOG]["x-max-age"])[:-1]) * _UNITS[str(_ARGUMENTS[LOG]["x-max-age"])[-1]] * 1000
_FEEDS = {key.value: tuple(queue.name for queue in QUEUES if key in queue.keys) for key in RoutingKey}


class Published(NamedTuple):
    """A confirmed publish; `number` names the work it makes."""

    number: int
    key: str
    at_ms: int
    body: bytes


class Taken(NamedTuple):
    number: int


class Acked(NamedTuple):
    number: int


class Returned(NamedTuple):
    number: int


class PutAside(NamedTuple):
    """Work in a consumer's hands went to the dead letters."""

    number: int
    reason: Reason
    at_ms: int


class Removed(NamedTuple):
    """A dead letter is gone."""

    number: int


class KeptRecord(NamedTuple):
    """A snapshot's log record; the first one says where the log begins."""

    offset: int
    key: str
    at_ms: int
    body: bytes


class StoredWork(NamedTuple):
    """A snapshot's work; of its tries, the one under way is told by a `Taken` that follows."""

    number: int
    tries: int
    at_ms: int
    body: bytes


class KeptDead(NamedTuple):
    """A snapshot's dead letter."""

    number: int
    reason: str
    at_ms: int
    body: bytes


class Mark(NamedTuple):
    """A snapshot's counters: the next offset and the next number, also when nothing is kept."""

    next_offset: int
    next_number: int


Entry = Published | Taken | Acked | Returned | PutAside | Removed | KeptRecord | StoredWork | KeptDead | Mark


@dataclass(slots=True)
class WorkItem:
    """One message of the work queue."""

    number: int
    body: bytes
    at_ms: int
    tries: int = 0  # how often it was given out and came back


class Queues:
    """The three queues. `next_number` is the number that the next publish gets."""

    def __init__(self) -> None:
        self.next_number = 0
        self.next_offset = 0
        self.log: list[KeptRecord] = []
        self.dead_letters: dict[int, KeptDead] = {}
        self.unacked: dict[int, WorkItem] = {}  # in a consumer's hands
        self._ready: deque[WorkItem] = deque()
        self._returned: deque[WorkItem] = deque()  # given out before what is ready, as a quorum queue does
        self._log_bytes = 0

    @property
    def first_offset(self) -> int:
        """Of the oldest record kept, or of the next one where none is."""
        return self.log[0].offset if self.log else self.next_offset

    @property
    def ready(self) -> int:
        """How much work waits."""
        return len(self._ready) + len(self._returned)

    @property
    def next_work(self) -> WorkItem | None:
        """What `Taken` would take."""
        waiting = self._returned or self._ready
        return waiting[0] if waiting else None

    @staticmethod
    def feeds_work(key: str) -> bool:
        return WORK_QUEUE in _FEEDS[key]

    @property
    def full(self) -> bool:
        """More work waits than the topology allows."""
        return self.ready >= int(_ARGUMENTS[WORK_QUEUE]["x-max-length"])

    def exhausted(self, work: WorkItem) -> bool:
        """Given back once more, it would pass the delivery limit."""
        return work.tries >= int(_ARGUMENTS[WORK_QUEUE]["x-delivery-limit"])

    def records(self, start: int, limit: int) -> list[Record]:
        """Up to `limit` records from that offset on, or from the oldest kept."""
        index = max(0, start - self.first_offset)
        return [Record(kept.offset, kept.key, kept.body) for kept in self.log[index : index + limit]]

    def first_at(self, at_ms: int) -> int:
        """The offset of the first record at or after that moment."""
        return next((kept.offset for kept in self.log if kept.at_ms >= at_ms), self.next_offset)

    def apply(self, entry: Entry) -> None:
        """Change what is kept by one entry."""
        match entry:
            case Published(number, key, at_ms, body):
                self.next_number = max(self.next_number, number + 1)
                self._route(number, key, at_ms, body, "rejected")
            case Taken():
                work = (self._returned or self._ready).popleft()
                self.unacked[work.number] = work
            case Acked(number):
                del self.unacked[number]
            case Returned(number):
                work = self.unacked.pop(number)
                work.tries += 1
                self._returned.append(work)
            case PutAside(number, reason, at_ms):
                self._route(number, RoutingKey.PARKED.value, at_ms, self.unacked.pop(number).body, reason)
            case Removed(number):
                del self.dead_letters[number]
            case KeptRecord():
                self._remember(entry)
            case StoredWork(number, tries, at_ms, body):
                self._ready.append(WorkItem(number, body, at_ms, tries))
            case KeptDead(number):
                self.dead_letters[number] = entry
            case Mark(next_offset, next_number):
                self.next_offset, self.next_number = next_offset, next_number

    def give_all_back(self, at_ms: int) -> None:
        """Nobody has anything in hand any more; what passes the delivery limit by that is put aside."""
        for work in tuple(self.unacked.values()):
            self.apply(PutAside(work.number, "delivery_limit", at_ms) if self.exhausted(work) else Returned(work.number))

    def snapshot(self) -> Iterator[Entry]:
        """Entries that make these queues again; work in hand counts as still there, and is taken again."""
        yield from list(self.log)
        waiting = [*self.unacked.values(), *self._returned, *self._ready]
        yield from [StoredWork(work.number, work.tries, work.at_ms, work.body) for work in waiting]
        yield from [Taken(number) for number in self.unacked]
        yield from list(self.dead_letters.values())
        yield Mark(self.next_offset, self.next_number)

    def _route(self, number: int, key: str, at_ms: int, body: bytes, reason: Reason) -> None:
        for name in _FEEDS[key]:
            if name == LOG:
                self._remember(KeptRecord(self.next_offset, key, at_ms, body))
            elif name == WORK_QUEUE:
                self._ready.append(WorkItem(number, body, at_ms))
            elif name == DEAD_LETTERS:
                self.dead_letters[number] = KeptDead(number, reason, at_ms, body)

    def _remember(self, record: KeptRecord) -> None:
        self.log.append(record)
        self.next_offset = record.offset + 1
        self._log_bytes += len(record.body) + RECORD_OVERHEAD
        if self._log_bytes > LOG_BYTES or self.log[0].at_ms < record.at_ms - _MAX_AGE_MS:
            self._forget(record.at_ms - _MAX_AGE_MS)

    def _forget(self, before_ms: int) -> None:
        """Drop what is too old or too much, an eighth at a time, as a stream drops whole segments."""
        keep_bytes = LOG_BYTES * 7 // 8 if self._log_bytes > LOG_BYTES else LOG_BYTES
        dropped = 0
        for kept in self.log[:-1]:
            if self._log_bytes <= keep_bytes and kept.at_ms >= before_ms:
                break
            self._log_bytes -= len(kept.body) + RECORD_OVERHEAD
            dropped += 1
        del self.log[:dropped]
