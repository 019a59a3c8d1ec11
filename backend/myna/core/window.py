"""What one node remembers of the log's recent past, owner by owner, and when it may forget.

It serves three uses: frames are replayed to sockets that reconnect, facts are laid over the rows of the database, and
idempotency keys tell a repeated message from a new one. What is not stored yet is never forgotten.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice, takewhile

from myna.protocol.cursor import tag_of
from myna.protocol.event_fields import WireStruct
from myna.protocol.events import BEGINNING, NOTHING, Event, Job, Position
from myna.protocol.timestamps import milliseconds
from myna.protocol.views import MessageView
from myna.store.port import Deleted, Fact

# Of memory: a quarter of a million parts, enough for every socket of a busy node to be away for minutes.
WINDOW_BYTES = 256 * 1024 * 1024
# What CPython takes for an owner's containers, and for an entry beside its frame and its texts: measured, see the test.
OWNER_BYTES, ENTRY_BYTES = 2_600, 700
CHARACTER_BYTES = 4  # of a text beyond ASCII, at most
CLOCKS_MS = 5_000  # clocks of two nodes may differ by this much


class LogEntry(WireStruct, frozen=True):
    """One event that counts, at its position in the log, as the frame that sockets get (b"" if it is not shown to them)."""

    position: Position
    event: Event
    frame: bytes
    fact: Fact | None = None  # what it adds to what is stored


@dataclass(slots=True)
class OwnerWindow:
    """One owner's recent past."""

    tag: str
    entries: deque[LogEntry] = field(default_factory=deque)
    facts: deque[LogEntry] = field(default_factory=deque)  # those that hold one
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
        if entry.frame:
            window.entries.append(entry)
        if fact is not None:
            window.facts.append(entry)
            if type(fact) is MessageView:
                window.views[fact.id] = fact
            elif type(fact) is Deleted:
                window.deleted.add(fact.conversation_id)
        if event.type == "message.created" or event.type == "reply.requested":
            window.keys[event.id] = window.newest[event.conversation_id] = event
        self._order.append(entry)
        self._bytes += _weight(entry)

    def trim(self, stored: Position) -> None:
        """Forget the oldest while over the limit, as far as it is stored."""
        while self._bytes > self._limit and self._order[0].position <= stored:
            entry = self._order.popleft()
            self._bytes -= _weight(entry)
            self.resumable, self.forgotten_at = entry.position, entry.event.at
            self._forget(entry)

    def _forget(self, entry: LogEntry) -> None:
        event, fact = entry.event, entry.fact
        window = self._owners[event.owner]
        if entry.frame:
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

    def frames(self, owner: str) -> list[bytes]:
        """All frames of this owner, in order."""
        window = self._owners.get(owner)
        return [] if window is None else [entry.frame for entry in window.entries]

    def since(self, owner: str, position: Position) -> list[bytes]:
        """The frames of this owner after a position, in order."""
        window = self._owners.get(owner)
        if window is None:
            return []
        missed = takewhile(lambda entry: entry.position > position, reversed(window.entries))
        return [entry.frame for entry in missed][::-1]

    def newest(self, count: int) -> list[LogEntry]:
        """The newest entries of all owners, so many at most, in order."""
        return list(islice(reversed(self._order), count))[::-1]

    def after(self, position: Position, most: int) -> list[LogEntry] | None:
        """The entries of all owners after a position, in order; None where some are forgotten, or there are more than `most`."""
        if position < self.resumable:
            return None
        found = list(islice(takewhile(lambda entry: entry.position > position, reversed(self._order)), most + 1))
        return found[::-1] if len(found) <= most else None

    def events_from(self, position: Position) -> list[Event]:
        """The events of all owners from a position on, in order."""
        return [entry.event for entry in self._order if entry.position >= position]

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
        self._order = deque(LogEntry(NOTHING if entry.position <= stored else BEGINNING, entry.event, b"", entry.fact) for entry in kept)
        self._bytes = OWNER_BYTES * len(self._owners) + sum(map(_weight, self._order))
        for entry in self._order:
            if entry.fact is not None:
                self._owners[entry.event.owner].facts.append(entry)


def _weight(entry: LogEntry) -> int:
    """The bytes of memory that an entry takes, about. The same for as long as its frame is."""
    event = entry.event
    return ENTRY_BYTES + len(entry.frame) + _text_bytes(getattr(event, "text", ""))


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else CHARACTER_BYTES * len(text)
