"""Facts read from the log that the database is not known to have, and how far it is known to be."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from myna.protocol.events import BEGINNING, NOTHING, Position
from myna.protocol.topology import DAY_S, RECORD_OVERHEAD, LogLimits
from myna.store.port import Checkpoint, Fact

# Facts kept while the database is away: about 100,000 turns. Beyond, new messages are refused; nothing is dropped.
PENDING_LIMIT = 200_000
# Of the log that may wait to be stored before new messages are refused: a log that does not grow drops nothing, so what is not
# stored stays in it, and all nodes may end.
UNSTORED_SHARE = 0.75
MARK_BYTES, MARK_S = 256 * 1024, 60.0  # of the log between two marks: how exactly is known what waits


class Mark(NamedTuple):
    """A place in the log where reading passed."""

    offset: int
    read_bytes: int  # of the log before it, since this node began to read
    at: float  # by the clock handed in, when it was read


class StorageBacklog:
    """What waits to be stored, oldest first."""

    def __init__(self, limits: LogLimits) -> None:
        self.checkpoint: Checkpoint | None = None  # the newest that the database is known to have
        self.stored = NOTHING  # the position in this log up to which everything is stored
        self._limits = limits
        self._pending: deque[tuple[Position, Fact]] = deque()
        self._marks: deque[Mark] = deque()  # the first stands at or before the first record that is not stored
        self._read_bytes = 0

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def full(self) -> bool:
        """Whether too much waits for more to be taken on."""
        return len(self._pending) >= PENDING_LIMIT or self.unstored_share > UNSTORED_SHARE

    @property
    def unstored_share(self) -> float:
        """How much of what the log may hold is not stored, by bytes or by age, whichever is more; 1 is all of it, about."""
        if not self._pending or not self._marks:
            return 0.0
        oldest, newest = self._marks[0], self._marks[-1]
        by_bytes = (self._read_bytes - oldest.read_bytes) / self._limits.max_bytes
        return max(by_bytes, (newest.at - oldest.at) / (self._limits.days * DAY_S))

    def read(self, offset: int, body_bytes: int, now: float) -> None:
        """Count a record of the log that was read; `now` is this node's monotonic clock in seconds."""
        last = self._marks[-1] if self._marks else None
        if last is None or self._read_bytes - last.read_bytes > MARK_BYTES or now - last.at > MARK_S:
            self._marks.append(Mark(offset, self._read_bytes, now))
            self._drop_marks()
        self._read_bytes += body_bytes + RECORD_OVERHEAD

    def facts(self) -> list[Fact]:
        """All of it."""
        return [fact for _, fact in self._pending]

    def add(self, position: Position, fact: Fact) -> None:
        """Take a fact, if it is not stored already."""
        if position > self.stored:
            self._pending.append((position, fact))

    def stored_to(self, checkpoint: Checkpoint, epoch: str) -> bool:
        """The database has everything up to here. Whether it knew more once: then a backup was restored, and `refill` is needed."""
        before = self.stored
        self.checkpoint = checkpoint
        # What was stored of another log says nothing about positions in this one.
        self.stored = checkpoint.high if checkpoint.epoch == epoch else NOTHING
        while self._pending and self._pending[0][0] <= self.stored:
            self._pending.popleft()
        self._drop_marks()
        return self.stored < before

    def _drop_marks(self) -> None:
        while len(self._marks) > 1 and self._marks[1].offset <= self.stored.offset + 1:
            self._marks.popleft()

    def refill(self, facts: Iterable[tuple[Position, Fact]]) -> None:
        """Begin anew with these."""
        self._pending = deque(facts)

    def restart(self) -> None:
        """A new log begins: what is not stored stays to be stored."""
        self.stored = NOTHING
        self._marks.clear()
        self._pending = deque((BEGINNING, fact) for _, fact in self._pending)
