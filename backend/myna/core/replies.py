"""One reply on its way through the log: which of its events count, and what they amount to so far.

Responders repeat themselves after a crash, and the log keeps everything. By these rules every reader of the log comes to
the same one reply: a part counts when it is the next one, whoever sent it, and nothing counts after the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from myna.protocol.events import Job, Position, ReplyCompleted, ReplyDelta, ReplyEnd, ReplyEvent, ReplyFailed, ReplyStarted, Timings
from myna.protocol.failures import Failure
from myna.protocol.part_runs import Part
from myna.protocol.timestamps import milliseconds
from myna.protocol.views import MessageView, ReplyError, Status


@dataclass(slots=True)
class OpenReply:
    """A reply between its request and its end, as far as the log has been read."""

    job: Job
    opened: Position
    last_event_at: float  # seconds by this node's monotonic clock: when an event of it was read last
    attempt: int = 0
    min_attempt: int = 0  # events of earlier attempts don't count: the brain began anew since
    line: bytes = b""  # the job as it stands in the log or queue, with fields that only a responder reads
    worker: str | None = None
    started_at: str | None = None
    first_part_at: str | None = None
    parts: list[str] = field(default_factory=list)

    def matches(self, event: ReplyEvent) -> bool:
        """Whether this event, which has this reply's id, agrees with its job in all other ids. One that does not is ignored."""
        job = self.job
        return event.owner == job.owner and event.conversation_id == job.conversation_id and event.message_id == job.message_id

    def start(self, event: ReplyStarted) -> bool:
        """Whether this start counts: only a higher attempt does."""
        if event.attempt <= self.attempt:
            return False
        self.attempt, self.worker = event.attempt, event.worker
        self.started_at = self.started_at or event.at
        if event.restarted:
            self.min_attempt = event.attempt
            self.parts.clear()
        return True

    def add(self, event: ReplyDelta) -> bool:
        """Whether this part counts: only the next one does, from whichever attempt (the text is the same)."""
        if event.index != len(self.parts) or event.attempt < self.min_attempt:
            return False
        if not self.parts:
            self.first_part_at = event.at
        self.parts.append(event.text)
        return True

    def add_run(self, event: ReplyDelta, parts: Sequence[Part]) -> Sequence[Part]:
        """Those that count of consecutive parts, of which this event is the first: the next one and all behind it."""
        repeated = len(self.parts) - event.index
        if not 0 <= repeated < len(parts) or event.attempt < self.min_attempt:
            return ()
        if not self.parts:
            self.first_part_at = event.at
        counted = parts[repeated:]
        self.parts += [part.text for part in counted]
        return counted

    def ends(self, event: ReplyEnd) -> bool:
        """Whether this end counts: not that of a brain begun anew since, nor one before which parts are missing here."""
        return event.attempt >= self.min_attempt and (event.type == "reply.failed" or event.parts == len(self.parts))

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.parts)

    def stopped(self, at: str) -> ReplyCompleted:
        """The end of this reply by a stop, stamped `at`."""
        return ReplyCompleted(
            owner=self.job.owner,
            at=at,
            conversation_id=self.job.conversation_id,
            reply_id=self.job.reply_id,
            message_id=self.job.message_id,
            attempt=self.attempt,
            parts=len(self.parts),
            text=self.text,
            finish_reason="stopped",
            timings=self._timings(at),
        )

    def _timings(self, at: str) -> Timings:
        """Those of an end at this moment, as far as the log tells."""
        accepted = milliseconds(self.job.at)
        started = milliseconds(self.started_at) if self.started_at else milliseconds(at)
        first = milliseconds(self.first_part_at) - started if self.first_part_at else None
        return Timings(
            queued_ms=max(0, started - accepted),
            first_part_ms=first if first is None else max(0, first),
            total_ms=max(0, milliseconds(at) - accepted),
        )

    def failed(self, at: str, failure: Failure) -> ReplyFailed:
        """The end of this reply without an answer."""
        return ReplyFailed(
            owner=self.job.owner,
            at=at,
            conversation_id=self.job.conversation_id,
            reply_id=self.job.reply_id,
            message_id=self.job.message_id,
            attempt=self.attempt,
            code=failure.code,
            detail=failure.detail,
            retryable=failure.retryable,
            timings=self._timings(at),
        )

    def view(self) -> MessageView:
        """The reply as people read it while it runs."""
        return self._view(self.text, "streaming", self.started_at or self.job.at, self.attempt, len(self.parts))

    def ended(self, end: ReplyEnd) -> MessageView:
        """The reply as it is stored and read from now on."""
        created_at = self.started_at or end.at
        if end.type == "reply.failed":
            error = ReplyError(end.code, end.detail, end.retryable)
            timings = end.timings or self._timings(end.at)  # an older release wrote none
            return self._view(self.text, "failed", created_at, end.attempt, len(self.parts), error=error, timings=timings)
        status: Status = "stopped" if end.finish_reason == "stopped" else "complete"
        return self._view(end.text, status, created_at, end.attempt, end.parts, finish_reason=end.finish_reason, timings=end.timings)

    def _view(self, text: str, status: Status, created_at: str, attempt: int, parts: int, **ended: Any) -> MessageView:
        return MessageView(
            owner=self.job.owner,
            conversation_id=self.job.conversation_id,
            id=self.job.reply_id,
            role="assistant",
            text=text,
            status=status,
            created_at=created_at,
            message_id=self.job.message_id,
            attempt=attempt,
            parts=parts,
            worker=self.worker,
            parent_id=self.job.message_id,
            options=self.job.options,
            **ended,
        )


class OpenReplies(dict[str, OpenReply]):
    """The replies that are open, by reply_id, in the order of their requests."""

    def __init__(self) -> None:
        super().__init__()
        self._by_conversation: dict[tuple[str, str], list[OpenReply]] = {}

    def add(self, reply: OpenReply) -> None:
        """Add a reply that was requested."""
        self[reply.job.reply_id] = reply
        self._by_conversation.setdefault((reply.job.owner, reply.job.conversation_id), []).append(reply)

    def close(self, reply: OpenReply) -> None:
        """Remove a reply that has ended."""
        del self[reply.job.reply_id]
        conversation = (reply.job.owner, reply.job.conversation_id)
        replies = self._by_conversation[conversation]
        replies.remove(reply)
        if not replies:
            del self._by_conversation[conversation]

    def of(self, owner: str, conversation_id: str) -> list[OpenReply]:
        """Those of one conversation, oldest first."""
        return list(self._by_conversation.get((owner, conversation_id), ()))

    def idle_since(self, moment: float) -> list[OpenReply]:
        """Those of which no event was read since, by this node's monotonic clock in seconds."""
        return [reply for reply in self.values() if reply.last_event_at < moment]

    def before(self, position: Position) -> list[OpenReply]:
        """Those requested before a position in the log."""
        return [reply for reply in self.values() if reply.opened < position]
