"""What one node remembers of the log's recent past, owner by owner, and when it may forget.

It serves three uses: frames are replayed to sockets that reconnect, facts are laid over the rows of the database, and
idempotency keys tell a repeated message from a new one. What is not stored yet is never forgotten.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice, takewhile

from myna.core.log_entries import EventEntry, LogEntry
from myna.protocol.cursor import tag_of
from myna.protocol.events import BEGINNING, NOTHING, Job, Position
from myna.protocol.timestamps import milliseconds
from myna.protocol.views import MessageView
from myna.store.port import Deleted, Fact

# Of memory: a quarter of a million parts that came one by one, millions that came together: all sockets may be away for minutes.
WINDOW_BYTES = 256 * 1024 * 1024
OWNER_BYTES = 2_600  # what CPython takes for an owner's containers: measured, see the test
CLOCKS_MS = 5_000  # clocks of two nodes may differ by this much


@dataclass(slots=True)
class OwnerWindow:
    """One owner's recent past."""

    tag: str
    entries: deque[LogEntry] = field(default_factory=deque)  # those that sockets are shown
    facts: deque[EventEntry] = field(default_factory=deque)  # those that hold one
    keys: dict[str, Job] = field(default_factory=dict)  # by idempotency key
    newest: dict[str, Job] = field(default_factory=dict)  # the last of each conversation
    views: dict[str, MessageView] = field(default_factory=dict)  # messages and replies that have ended, by id
    deleted: set[str] = field(default_factory=set)  # conversations


class Window:
    """The recent past of all owners, bounded by size; the oldest goes first, but nothing before it is stored."""

    def __init__(self, epoch: str, *, limit: int = WINDOW_BYTES) -> None:
        self.epoch = epoch
        self.resumable = BEGINNING  # cursors from here on can be resumed
        self.forgotten_at: str | None = None  # `at` of the youngest event forgotten or never read; None: there is none
        self._limit = limit
        self._bytes = 0
        self._order: deque[LogEntry] = deque()
        self._owners: dict[str, OwnerWindow] = {}

    def holds_all_of(self, created_ms: int) -> bool:
        """Whether everything of an owner created then is still here: nothing younger than that was forgotten."""
        return self.forgotten_at is None or created_ms > milliseconds(self.forgotten_at) + CLOCKS_MS

    def of(self, owner: str) -> OwnerWindow | None:
        """What is remembered of this owner."""
        return self._owners.get(owner)

    def owner(self, owner: str) -> OwnerWindow:
        """The same, made if there is none."""
        found = self._owners.get(owner)
        if found is None:
            found = self._owners[owner] = OwnerWindow(tag_of(owner, self.epoch))
            self._bytes += OWNER_BYTES
        return found

    @property
    def overfull(self) -> bool:
        """Whether what can't be forgotten, as it is not stored, takes twice the memory that all of it should."""
        return self._bytes > 2 * self._limit

    def add(self, window: OwnerWindow, entry: LogEntry) -> None:
        """Remember one event of the owner whose window this is."""
        event, fact = entry.event, entry.fact
        if entry.shown:
            window.entries.append(entry)
        if fact is not None and isinstance(entry, EventEntry):
            window.facts.append(entry)
            if type(fact) is MessageView:
                window.views[fact.id] = fact
            elif type(fact) is Deleted:
                window.deleted.add(fact.conversation_id)
        if event.type == "message.created" or event.type == "reply.requested":
            window.keys[event.id] = window.newest[event.conversation_id] = event
        self._order.append(entry)
        self._bytes += entry.weight

    def trim(self, stored: Position) -> None:
        """Forget the oldest while over the limit, as far as it is stored."""
        while self._bytes > self._limit and self._order[0].last <= stored:
            entry = self._order.popleft()
            self._bytes -= entry.weight
            self.resumable, self.forgotten_at = entry.last, entry.event.at
            self._forget(entry)

    def _forget(self, entry: LogEntry) -> None:
        event, fact = entry.event, entry.fact
        window = self._owners[event.owner]
        if entry.shown:
            window.entries.popleft()
        if fact is not None:
            window.facts.popleft()
            if type(fact) is MessageView:
                window.views.pop(fact.id, None)
            elif type(fact) is Deleted:
                window.deleted.discard(fact.conversation_id)
        if event.type == "message.created" or event.type == "reply.requested":
            window.keys.pop(event.id, None)
            if window.newest.get(event.conversation_id) is event:
                del window.newest[event.conversation_id]
        if not window.entries and not window.facts and not window.keys:
            del self._owners[event.owner]
            self._bytes -= OWNER_BYTES

    def since(self, owner: str, position: Position) -> Iterator[bytes]:
        """The frames of this owner after a position, in order, each made when it is taken."""
        window = self._owners.get(owner)
        missed = list(takewhile(lambda entry: entry.last > position, reversed(window.entries))) if window is not None else []
        return (frame for entry in reversed(missed) for frame in entry.frames(position))

    def newest(self, count: int) -> list[LogEntry]:
        """The newest entries of all owners, so many events at most, in order."""
        counts = accumulate(entry.count for entry in reversed(self._order))
        entries = takewhile(lambda pair: pair[0] <= count, zip(counts, reversed(self._order), strict=True))
        return [entry for _, entry in entries][::-1]

    def after(self, position: Position, most: int) -> list[LogEntry] | None:
        """The entries of all owners after a position, in order; None where some are forgotten, or there are more than `most` events."""
        if position < self.resumable:
            return None
        found = list(islice(takewhile(lambda entry: entry.position > position, reversed(self._order)), most + 1))
        return found[::-1] if sum(entry.count for entry in found) <= most else None

    def entries_from(self, position: Position) -> list[LogEntry]:
        """The entries of all owners that reach to a position or behind it, in order."""
        return [entry for entry in self._order if entry.last >= position]

    def facts_after(self, position: Position) -> list[tuple[Position, Fact]]:
        """The facts of all owners after a position, in order."""
        return [(entry.position, entry.fact) for entry in self._order if entry.fact is not None and entry.position > position]

    def facts(self, owner: str, position: Position = NOTHING) -> list[Fact]:
        """The facts of this owner after a position, oldest first."""
        window = self._owners.get(owner)
        if window is None:
            return []
        after = takewhile(lambda entry: entry.position > position, reversed(window.facts))
        return [entry.fact for entry in after if entry.fact is not None][::-1]

    def restart(self, epoch: str, stored: Position) -> None:
        """A new log begins: old frames can't be resumed from, but facts and keys stay true. All up to `stored` is in the database."""
        self.epoch = epoch
        self.resumable = BEGINNING
        kept = [entry for entry in self._order if entry.fact is not None or isinstance(entry.event, Job)]
        owners = {entry.event.owner for entry in kept}
        self._owners = {owner: window for owner, window in self._owners.items() if owner in owners}
        for owner, window in self._owners.items():
            window.tag = tag_of(owner, epoch)
            window.entries.clear()
            window.facts.clear()
        carried = [EventEntry(NOTHING if entry.position <= stored else BEGINNING, entry.event, b"", entry.fact) for entry in kept]
        self._order = deque(carried)
        self._bytes = OWNER_BYTES * len(self._owners) + sum(entry.weight for entry in carried)
        for entry in carried:
            if entry.fact is not None:
                self._owners[entry.event.owner].facts.append(entry)
