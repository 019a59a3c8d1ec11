"""Folds the log into a node's state: open replies, the recent past, and what is to be stored. The clock is handed in.

Every node folds the same log in the same order and comes to the same state. That is what makes a position a cursor, a
stop exact and a restart harmless.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from myna.broker.port import Record
from myna.core.fold_rules import FoldResult, FoldRules
from myna.core.log_entries import LogEntry
from myna.core.replies import OpenReplies, OpenReply
from myna.core.storage_backlog import StorageBacklog
from myna.core.window import Window
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.cursor import decode_cursor, encode_cursor, tag_of
from myna.protocol.events import BEGINNING, NOTHING, Position
from myna.protocol.topology import IN_MEMORY, LogLimits, RoutingKey
from myna.protocol.views import MessageView
from myna.store.port import Checkpoint, Fact


class Projection:
    """The log so far, as far as this node needs it."""

    def __init__(self, epoch: str, limits: LogLimits = IN_MEMORY) -> None:
        self._reached = BEGINNING
        self._last: bytes | None = None  # the last record read
        self._replies = OpenReplies()
        self._window = Window(epoch)
        self._backlog = StorageBacklog(limits)
        self._rules = FoldRules(self._replies, self._window, self._backlog)
        self._begun: Checkpoint | None = None  # where all open replies are known, while this projection has not read that far

    @property
    def epoch(self) -> str:
        """The life of the log that is being read."""
        return self._window.epoch

    @property
    def reached(self) -> Position:
        """The last position read."""
        return self._reached

    @property
    def mark(self) -> str:
        """The digest of the last record read; empty before the first."""
        return "" if self._last is None else mark_of(self._last)

    def fold(self, record: Record, now: float) -> FoldResult:
        """Take in the next record; `now` is this node's monotonic clock in seconds. Never raises, whatever the record holds."""
        folded = FoldResult(record.offset)
        parked = record.key == RoutingKey.PARKED
        lines = record.body.split(b"\n")
        number = 0
        while number < len(lines):
            line, taken, position = lines[number], 1, Position(record.offset, number)
            try:
                if line and parked:
                    self._rules.apply_parked(log_codec.read_job(line), position, now, folded)
                elif line:
                    taken = self._rules.apply(log_codec.read_line(line), lines, position, now, folded)
            except log_codec.UnknownType:
                folded.unknown += 1
            except log_codec.Unreadable:
                folded.unreadable += 1
            except Exception as fault:
                # A defect of ours. Every node would meet it at the same record, and again after each restart.
                folded.faults += ((number, fault),)
            number += taken
        self._reached = Position(record.offset, len(lines) - 1)
        self._last = record.body
        self._backlog.read(record.offset, len(record.body), now)
        if self._begun is not None and self._reached >= self._begun.high:
            self._rules.drop_repetitions(self._begun.low, folded)
            self._begun = None
        self._window.trim(self._backlog.stored)
        return folded

    # --- open replies ---

    @property
    def open_replies(self) -> Mapping[str, OpenReply]:
        """The replies between request and end, by reply_id, in the order of their requests."""
        return self._replies

    def open_in(self, owner: str, conversation_id: str) -> list[OpenReply]:
        """The open replies of one conversation, oldest first."""
        return self._replies.of(owner, conversation_id)

    def idle_since(self, moment: float) -> list[OpenReply]:
        """The open replies of which no event was read since then, by the clock handed to `fold`."""
        return self._replies.idle_since(moment)

    # --- the recent past ---

    def recent_job(self, owner: str, key: str) -> e.Job | None:
        """What was accepted under this idempotency key, if it is remembered."""
        window = self._window.of(owner)
        return window.keys.get(key) if window is not None else None

    def newest_job(self, owner: str, conversation_id: str) -> e.Job | None:
        """The job that was accepted last in this conversation, if it is remembered."""
        window = self._window.of(owner)
        return window.newest.get(conversation_id) if window is not None else None

    def newest_line(self, owner: str) -> bytes | None:
        """The line of this owner's job that was accepted last, if it is remembered."""
        window = self._window.of(owner)
        job = next(reversed(window.keys.values()), None) if window is not None else None
        return self._line_of(job) if job is not None else None

    def message(self, owner: str, message_id: str) -> MessageView | None:
        """A message or reply by its id, if it is remembered; of a reply that is being made, what there is of it."""
        window = self._window.of(owner)
        found = window.views.get(message_id) if window is not None else None
        if found is None and (reply := self._replies.get(message_id)) is not None and reply.job.owner == owner:
            return reply.view()
        return found

    def is_deleted(self, owner: str, conversation_id: str) -> bool:
        """Whether the deletion of this conversation is remembered."""
        window = self._window.of(owner)
        return window is not None and conversation_id in window.deleted

    def holds_all_of(self, created_ms: int) -> bool:
        """Whether everything of an owner created then (ms since 1970) is remembered, so that the database knows no more."""
        return self._window.holds_all_of(created_ms)

    def facts(self, owner: str) -> list[Fact]:
        """This owner's facts that are remembered, stored or not, oldest first."""
        return self._window.facts(owner)

    def missed(self, owner: str, epoch: str, cursor: str) -> Iterator[bytes] | None:
        """The frames after a cursor, each made when it is taken; None when continuity can't be proven."""
        position = self.position(owner, cursor) if epoch == self.epoch else None
        if position is None or position < self._window.resumable or position > self._reached:
            return None
        return self._window.since(owner, position)

    def frames(self, owner: str) -> Iterator[bytes]:
        """All of this owner's frames that are remembered, oldest first."""
        return self._window.since(owner, NOTHING)

    def newest_entries(self, count: int) -> list[LogEntry]:
        """The newest of all owners that are remembered, so many events at most, oldest first."""
        return self._window.newest(count)

    def entries_after(self, position: Position, most: int) -> list[LogEntry] | None:
        """The events of all owners after a position, oldest first; None where some are forgotten, or there are more than `most`."""
        return self._window.after(position, most)

    def cursor(self, owner: str, position: Position | None = None) -> str:
        """This owner's cursor for a position; without one, for the last position read."""
        return encode_cursor(self._reached if position is None else position, tag_of(owner, self.epoch))

    def position(self, owner: str, cursor: str) -> Position | None:
        """The position of this owner's cursor; None if it is not one of this epoch."""
        return decode_cursor(cursor, tag_of(owner, self.epoch))

    # --- what is stored, and what is to be ---

    @property
    def stored(self) -> Checkpoint | None:
        """The newest checkpoint that the database is known to have, of this log or an earlier one."""
        return self._backlog.checkpoint

    @property
    def pending(self) -> int:
        """How many facts are not known to be stored."""
        return len(self._backlog)

    @property
    def unstored_share(self) -> float:
        """How much of what the log may hold is not known to be stored, by bytes or by age; 1 is all of it."""
        return self._backlog.unstored_share

    @property
    def behind(self) -> bool:
        """Whether too much waits to be stored for more to be taken on."""
        return self._backlog.full or self._window.overfull

    def unstored(self, owner: str) -> list[Fact]:
        """This owner's facts that the database is not known to have, oldest first."""
        return self._window.facts(owner, self._backlog.stored)

    def facts_after(self, owner: str, checkpoint: Checkpoint | None) -> list[Fact]:
        """This owner's facts that a database at this checkpoint does not have, oldest first."""
        if checkpoint is None or checkpoint.epoch != self.epoch:
            return self.unstored(owner)
        return self._window.facts(owner, checkpoint.high)

    def remembers_since(self, stored: Checkpoint | None) -> bool:
        """Whether all that a database at this checkpoint lacks is remembered here. Else the log alone has it, for a node that starts."""
        known = stored is not None and stored.epoch == self.epoch
        return (stored.high if stored is not None and known else BEGINNING) >= self._window.resumable

    def batch(self) -> tuple[Checkpoint, list[Fact]]:
        """All pending facts, and the checkpoint that storing them leads to."""
        low = min((reply.opened for reply in self._replies.values()), default=self._reached)
        return Checkpoint(self.epoch, min(low, self._reached), self._reached, self.mark), self._backlog.facts()

    def stored_to(self, checkpoint: Checkpoint) -> None:
        """The database has everything up to here."""
        if self._backlog.stored_to(checkpoint, self.epoch):
            self._backlog.refill(self._window.facts_after(self._backlog.stored))
        self._window.trim(self._backlog.stored)

    def unsettled(self) -> list[bytes]:
        """The lines of what the database is not known to hold whole: of the events from the stored checkpoint's `low` on."""
        stored = self.stored
        entries = self._window.entries_from(stored.low if stored is not None and stored.epoch == self.epoch else NOTHING)
        events = ((entry, entry.event) for entry in entries)
        return [line for entry, event in events for line in ([self._line_of(event)] if isinstance(event, e.Job) else entry.lines())]

    def _line_of(self, job: e.Job) -> bytes:
        # As it came, while its reply is open: it holds what only a responder reads.
        reply = self._replies.get(job.reply_id)
        return log_codec.encode(job) if reply is None else reply.line

    # --- where reading begins ---

    def begin(self, stored: Checkpoint, resumable: Checkpoint) -> None:
        """Read the log from its middle: the database has all up to `stored`, cursors count from `resumable` on."""
        self.restart(stored.epoch)
        self.stored_to(stored)
        self._window.resumable = resumable.high
        self._begun = resumable

    def restart(self, epoch: str) -> None:
        """Read another log from its first record: what was learnt stays true, and what is not stored is still to be stored."""
        self._window.restart(epoch, self._backlog.stored)
        self._backlog.restart()
        self._reached, self._last, self._begun = BEGINNING, None, None
        for reply in self._replies.values():
            reply.opened = BEGINNING

    def begins_at(self, at: str) -> None:
        """The database may hold more than the log tells from here on, of owners created before this timestamp."""
        self._window.forgotten_at = at


def mark_of(body: bytes) -> str:
    """A record's digest: tells whether the log at this offset is still the same log."""
    return blake2b(body, digest_size=8).hexdigest()
