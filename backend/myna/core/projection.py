"""Thought: folds the log into state — open replies, the recent window, what is to be stored. No I/O; the clock is handed in.

Every node folds the same log in the same order, so every node comes to the same state; that is what makes a position a
cursor, a stop exact and a restart harmless. The rules for one reply are in replies.py, memory in window.py.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from myna.broker.port import Record
from myna.core.replies import OpenReplies, OpenReply
from myna.core.window import Entry, Window
from myna.protocol import events as e
from myna.protocol.cursor import decode_cursor, encode_cursor, tag_of
from myna.protocol.events import BEGINNING, NOTHING, Position
from myna.protocol.topology import RoutingKey
from myna.protocol.views import MessageView
from myna.store.port import Checkpoint, Deleted, Fact, Renamed

# Facts kept while the database is away: about 100,000 turns. Beyond, new messages are refused; nothing is dropped.
PENDING_LIMIT = 200_000


@dataclass(slots=True)
class FoldResult:
    """What one record came to."""

    entries: list[Entry] = field(default_factory=list)
    dropped: list[e.Job] = field(default_factory=list)  # requests that did not count: repeated, or to a deleted conversation
    torn: list[e.Job] = field(default_factory=list)  # orders whose reply came to an end that does not count
    unreadable: int = 0  # lines that are no event


class Projection:
    """The log so far, as far as this node needs it."""

    def __init__(self, epoch: str) -> None:
        self.window = Window(epoch)
        self.reached = BEGINNING
        self.stored: Checkpoint | None = None
        self.open = OpenReplies()
        self.pending: deque[tuple[Position, Fact]] = deque()
        self.mark = ""  # digest of the last record
        self._begun: Checkpoint | None = None  # where all that is open is known, and this timeline has yet to come there
        self._rules: dict[type, Callable[[Any, Position, bytes, float, FoldResult], None]] = {
            e.MessageCreated: self._requested,
            e.ReplyRequested: self._requested,
            e.ReplyDelta: self._delta,
            e.ReplyStarted: self._started,
            e.ReplyCompleted: self._ended,
            e.ReplyFailed: self._ended,
            e.StopRequested: self._stop,
            e.ConversationUpdated: self._updated,
            e.ConversationDeleted: self._deleted,
        }

    @property
    def epoch(self) -> str:
        """The life of the log that is being read."""
        return self.window.epoch

    @property
    def behind(self) -> bool:
        """Whether too much waits to be stored for more to be taken on."""
        return len(self.pending) >= PENDING_LIMIT

    @property
    def _stored_high(self) -> Position:
        # What was stored of an earlier log says nothing about positions in this one.
        return self.stored.high if self.stored is not None and self.stored.epoch == self.epoch else NOTHING

    # --- folding ---

    def fold(self, record: Record, now: float) -> FoldResult:
        """Take in the next record; `now` is this node's monotonic clock in seconds."""
        folded = FoldResult()
        parked = record.key == RoutingKey.PARKED
        lines = record.body.split(b"\n")
        for number, line in enumerate(lines):
            if not line:
                continue
            position = Position(record.offset, number)
            if parked:
                self._parked(line, position, now, folded)
                continue
            try:
                event = e.read_line(line)
            except e.Unreadable:
                folded.unreadable += 1
                continue
            if type(event) is not e.LogMark:
                self._rules[type(event)](event, position, line, now, folded)
        self.reached = Position(record.offset, len(lines) - 1)
        self.mark = mark_of(record.body)
        if self._begun is not None and self.reached >= self._begun.high:
            self._drop_repetitions(self._begun.low, folded)
            self._begun = None
        self.window.trim(self._stored_high)
        return folded

    def _drop_repetitions(self, low: Position, folded: FoldResult) -> None:
        # Who begins in the middle may take a repetition for the first saying. All that was open there began at `low` or later.
        for reply in self.open.before(low):
            self.open.close(reply)
            folded.dropped.append(reply.job)

    def _add(self, event: e.Event, position: Position, line: bytes, fact: Fact | None, folded: FoldResult) -> None:
        # As `encode` writes it, all but the owner is for sockets to see. Of a message more is not, and a line may be by any hand.
        ours = line[:10] == b'{"owner":"' and line[46:56] == b'","type":"' and line[-1:] == b"}"
        if not ours or type(event) is e.MessageCreated:
            line = e.encode(event)
        window = self.window.owner(event.owner)
        entry = Entry(position, event, e.frame(line, encode_cursor(position, window.tag)), fact)
        self.window.add(window, entry)
        folded.entries.append(entry)
        if fact is not None and position > self._stored_high:
            self.pending.append((position, fact))

    def _requested(self, event: e.Job, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        window = self.window.owner(event.owner)
        if event.id in window.keys or event.reply_id in self.open:
            folded.dropped.append(event)
            return
        if event.conversation_id in window.deleted:
            self._too_late(event, position, now, folded)
            return
        self.open.add(OpenReply(event, position, now))
        if isinstance(event, e.ReplyRequested):
            entry = Entry(position, event, b"")
            self.window.add(window, entry)
            folded.entries.append(entry)
        else:
            self._add(event, position, line, message_view(event), folded)

    def _too_late(self, event: e.Job, position: Position, now: float, folded: FoldResult) -> None:
        # Accepted by a node that had not read of the deletion yet. Its sender was promised an end, and gets one.
        entry = Entry(position, event, b"")
        self.window.add(self.window.owner(event.owner), entry)
        folded.entries.append(entry)
        detail = "Its conversation was deleted before it arrived."
        end = OpenReply(event, position, now).failed(event.at, "conversation_deleted", detail, retryable=False)
        self._add(end, position, e.encode(end), None, folded)

    def _reply(self, event: e.OfReply, now: float) -> OpenReply | None:
        reply = self.open.get(event.reply_id)
        if reply is None or not reply.is_meant_by(event):
            return None
        reply.touched = now
        return reply

    def _started(self, event: e.ReplyStarted, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        reply = self._reply(event, now)
        if reply is not None and reply.start(event):
            self._add(event, position, line, None, folded)

    def _delta(self, event: e.ReplyDelta, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        reply = self._reply(event, now)
        if reply is not None and reply.add(event):
            self._add(event, position, line, None, folded)

    def _ended(self, event: e.ReplyEnd, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        reply = self._reply(event, now)
        if reply is None:
            return
        if not reply.ends(event):
            folded.torn.append(reply.job)
            return
        self.open.close(reply)
        gone = event.conversation_id in self.window.owner(event.owner).deleted
        self._add(event, position, line, None if gone else reply.ended(event), folded)

    def _stop(self, event: e.StopRequested, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        # Every node sees the stop at the same place among the parts, so all derive the very same end from it.
        reply = self._reply(event, now)
        if reply is not None:
            self._ended_here(reply, reply.stopped(event.at), position, now, folded)

    def _parked(self, line: bytes, position: Position, now: float, folded: FoldResult) -> None:
        try:
            job = e.read_job(line)
        except e.Unreadable:
            folded.unreadable += 1
            return
        reply = self.open.get(job.reply_id)
        if reply is not None and reply.job.owner == job.owner:
            detail = "This message was tried too often without an answer and has been set aside."
            self._ended_here(reply, reply.failed(job.at, "delivery_limit", detail, retryable=True), position, now, folded)

    def _ended_here(self, reply: OpenReply, end: e.ReplyEnd, position: Position, now: float, folded: FoldResult) -> None:
        self._ended(end, position, e.encode(end), now, folded)

    def _updated(self, event: e.ConversationUpdated, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        self._add(event, position, line, Renamed(event.owner, event.conversation_id, event.title), folded)

    def _deleted(self, event: e.ConversationDeleted, position: Position, line: bytes, now: float, folded: FoldResult) -> None:
        self._add(event, position, line, Deleted(event.owner, event.conversation_id), folded)

    # --- what is open, stored, remembered ---

    def unstored(self, owner: str) -> list[Fact]:
        """This owner's facts that the database is not known to have, oldest first."""
        return self.window.facts(owner, self._stored_high)

    def unsettled(self) -> list[e.Event]:
        """The events that a database which is as far as is known here does not hold, or holds in part: since the stored `low`."""
        stored = self.stored
        return self.window.events_from(stored.low if stored is not None and stored.epoch == self.epoch else NOTHING)

    def checkpoint(self) -> Checkpoint:
        """Where storing everything pending would lead."""
        low = min((reply.opened for reply in self.open.values()), default=self.reached)
        return Checkpoint(self.epoch, min(low, self.reached), self.reached, self.mark)

    def stored_to(self, checkpoint: Checkpoint) -> None:
        """The database has everything up to here."""
        before = self._stored_high
        self.stored = checkpoint
        if self._stored_high < before:
            # It knew more once: a backup was restored, and what came after that is to be stored again.
            self.pending = deque(self.window.facts_after(self._stored_high))
        while self.pending and self.pending[0][0] <= self._stored_high:
            self.pending.popleft()
        self.window.trim(self._stored_high)

    def begin(self, stored: Checkpoint, resumable: Checkpoint) -> None:
        """The log is read from its middle: the database has all up to `stored`, cursors count from `resumable` on."""
        self.restart(stored.epoch)
        self.stored_to(stored)
        self.window.resumable = resumable.high
        self._begun = resumable

    def restart(self, epoch: str) -> None:
        """The log was replaced: positions begin anew, what was learnt and not stored stays to be stored."""
        self.window.restart(epoch)
        self.reached, self.mark, self._begun = BEGINNING, "", None
        self.pending = deque((BEGINNING, fact) for _, fact in self.pending)
        for reply in self.open.values():
            reply.opened = BEGINNING

    # --- cursors ---

    def cursor(self, owner: str, position: Position | None = None) -> str:
        """This owner's cursor for a position (the end of what was read, unless told)."""
        return encode_cursor(self.reached if position is None else position, tag_of(owner, self.epoch))

    def position(self, owner: str, cursor: str) -> Position | None:
        """The position of this owner's cursor; None if it is not one of this epoch."""
        return decode_cursor(cursor, tag_of(owner, self.epoch))

    def missed(self, owner: str, epoch: str, cursor: str) -> list[bytes] | None:
        """The frames after a cursor, or None when continuity can't be proven."""
        position = self.position(owner, cursor) if epoch == self.epoch else None
        if position is None or position < self.window.resumable or position > self.reached:
            return None
        return self.window.since(owner, position)


def message_view(event: e.MessageCreated) -> MessageView:
    """A message as it is stored; its `waiting` is over when its reply has begun."""
    return MessageView(event.owner, event.conversation_id, event.id, "user", event.text, "complete", event.at)


def mark_of(body: bytes) -> str:
    """A record's digest: tells whether the log at this offset is still the same log."""
    return blake2b(body, digest_size=8).hexdigest()
