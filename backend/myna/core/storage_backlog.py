"""Facts read from the log that the database is not known to have, and how far it is known to be."""

from collections import deque
from collections.abc import Iterable

from myna.protocol.events import BEGINNING, NOTHING, Position
from myna.store.port import Checkpoint, Fact

# Facts kept while the database is away: about 100,000 turns. Beyond, new messages are refused; nothing is dropped.
PENDING_LIMIT = 200_000


class StorageBacklog:
    """What waits to be stored, oldest first."""

    def __init__(self) -> None:
        self.checkpoint: Checkpoint | None = None  # the newest that the database is known to have
        self.stored = NOTHING  # the position in this log up to which everything is stored
        self._pending: deque[tuple[Position, Fact]] = deque()

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def full(self) -> bool:
        """Whether too much waits for more to be taken on."""
        return len(self._pending) >= PENDING_LIMIT

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
        return self.stored < before

    def refill(self, facts: Iterable[tuple[Position, Fact]]) -> None:
        """Begin anew with these."""
        self._pending = deque(facts)

    def restart(self) -> None:
        """A new log begins: what is not stored stays to be stored."""
        self.stored = NOTHING
        self._pending = deque((BEGINNING, fact) for _, fact in self._pending)
