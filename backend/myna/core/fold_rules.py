"""The rules by which events of the log count: one for each type, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from msgspec import UNSET
from msgspec.structs import replace

from myna.core.log_entries import EventEntry, LogEntry, RunEntry
from myna.core.replies import OpenReplies, OpenReply
from myna.core.storage_backlog import StorageBacklog
from myna.core.window import OwnerWindow, Window
from myna.protocol import events as e
from myna.protocol import failures, log_codec
from myna.protocol.cursor import encode_cursor
from myna.protocol.event_fields import ParentId
from myna.protocol.events import Position
from myna.protocol.part_runs import Part, encode_parts, read_run
from myna.protocol.views import MessageView
from myna.store.port import Deleted, Fact, Renamed


@dataclass(slots=True)
class FoldResult:
    """What one record came to."""

    offset: int
    entries: list[LogEntry] = field(default_factory=list)  # the events that count, in order
    jobs: list[e.Job] = field(default_factory=list)  # the jobs among them
    ends: list[e.ReplyEnd] = field(default_factory=list)  # and the ends of replies
    dropped: list[e.Job] = field(default_factory=list)  # jobs that did not count: they repeat one that does
    incomplete: list[OpenReply] = field(default_factory=list)  # whose completion was rejected, as parts are missing: to be made again
    ended: list[str] = field(default_factory=list)  # owners whose sessions ended
    mock_setups: list[e.MockSetupChanged] = field(default_factory=list)
    unreadable: int = 0  # lines that are not events
    unknown: int = 0  # lines of types that this release does not know
    faults: tuple[tuple[int, Exception], ...] = ()  # lines by number whose rule raised; they were passed over


class FoldRules:
    """Applies events to the open replies, the window and the backlog."""

    def __init__(self, replies: OpenReplies, window: Window, backlog: StorageBacklog) -> None:
        self._replies = replies
        self._window = window
        self._backlog = backlog

    def apply(self, event: e.LogLine, lines: Sequence[bytes], position: Position, now: float, folded: FoldResult) -> int:
        """The event in the line at this position of a record's, and where it is a part the whole run; returns how many lines that are.

        `now` is the node's monotonic clock in seconds. The most frequent types stand first.
        """
        # By name and not by class: each class that a struct is not takes 0.2 µs to find out, a name 0.03.
        if event.type == "reply.delta":
            reply, parts = self._reply(event, now), read_run(event, lines, position.line)
            if reply is not None and parts:
                self._add_run(event, parts, position, reply, folded)
            elif reply is not None and reply.add(event):
                self._add(event, position, None, folded)
            return len(parts) or 1
        if event.type == "reply.started":
            reply = self._reply(event, now)
            if reply is not None and reply.start(event):
                self._add(event, position, None, folded)
        elif event.type == "reply.completed" or event.type == "reply.failed":
            self._end(event, position, now, folded)
        elif event.type == "message.created" or event.type == "reply.requested":
            self._request(event, lines[position.line], position, now, folded)
        elif event.type == "stop.requested":
            # Every node reads the stop at the same position among the parts, so all derive the same end from it.
            reply = self._reply(event, now)
            if reply is not None:
                self._end(reply.stopped(event.at), position, now, folded)
        elif event.type == "conversation.updated":
            self._add(event, position, Renamed(event.owner, event.conversation_id, event.title), folded)
        elif event.type == "conversation.deleted":
            self._add(event, position, Deleted(event.owner, event.conversation_id), folded)
        elif event.type == "session.ended":
            folded.ended.append(event.owner)
        elif event.type == "mock_setup.changed":
            folded.mock_setups.append(event)
        elif event.type != "log.mark":
            assert_never(event)
        return 1

    def apply_parked(self, job: e.Job, position: Position, now: float, folded: FoldResult) -> None:
        """A job was moved to the dead letters: its reply, if it is open, has failed."""
        reply = self._replies.get(job.reply_id)
        if reply is not None and reply.job.owner == job.owner:
            self._end(reply.failed(job.at, failures.DELIVERY_LIMIT), position, now, folded)

    def drop_repetitions(self, low: Position, folded: FoldResult) -> None:
        """Forget replies opened before `low`, where everything that was open then is known to have begun at `low` or later.

        Who begins to read in the middle of the log may take a repeated request for the first.
        """
        for reply in self._replies.before(low):
            self._replies.close(reply)
            folded.dropped.append(reply.job)

    def _reply(self, event: e.ReplyEvent, now: float) -> OpenReply | None:
        reply = self._replies.get(event.reply_id)
        if reply is None or not reply.matches(event):
            return None
        reply.last_event_at = now
        return reply

    def _request(self, event: e.Job, line: bytes, position: Position, now: float, folded: FoldResult) -> None:
        window = self._window.of(event.owner)
        if event.reply_id in self._replies or (window is not None and event.id in window.keys):
            folded.dropped.append(event)
        elif window is not None and event.conversation_id in window.deleted:
            # Accepted by a node that had not read of the deletion yet. Its sender was promised an end, and gets one.
            self._add_hidden(event, position, folded)
            end = OpenReply(event, position, now).failed(event.at, failures.CONVERSATION_DELETED)
            self._add(end, position, None, folded)
            folded.jobs.append(event)
            folded.ends.append(end)
        else:
            self._replies.add(OpenReply(event, position, now, line=line))
            folded.jobs.append(event)
            if event.type == "reply.requested":
                self._add_hidden(event, position, folded)
            else:
                self._add(event, position, message_view(event, self._parent_of(event, window)), folded)

    def _parent_of(self, event: e.MessageCreated, window: OwnerWindow | None) -> ParentId:
        """What a message follows. One that does not say it (of an older release, or only the database knew) follows the newest reply.

        Nodes remember different pasts, so its frame leaves that out too: it says what the log says.
        """
        if event.parent_id is not UNSET:
            return event.parent_id
        newest = window.newest.get(event.conversation_id) if window is not None else None
        if newest is not None:
            return newest.reply_id
        return None if self._window.forgotten_at is None else UNSET

    def _add_run(self, event: e.ReplyDelta, parts: Sequence[Part], position: Position, reply: OpenReply, folded: FoldResult) -> None:
        counted = reply.add_run(event, parts)
        if not counted:
            return
        repeated = len(parts) - len(counted)
        if repeated:
            position = Position(position.offset, position.line + repeated)
            event = replace(event, index=counted[0].index, text=counted[0].text)
        window = self._window.owner(event.owner)
        self._remember(window, RunEntry(position, event, encode_parts(counted), len(counted), window.tag), folded)

    def _end(self, event: e.ReplyEnd, position: Position, now: float, folded: FoldResult) -> None:
        reply = self._reply(event, now)
        if reply is None:
            return
        if not reply.ends(event):
            folded.incomplete.append(reply)
            return
        self._replies.close(reply)
        deleted = event.conversation_id in self._window.owner(event.owner).deleted
        self._add(event, position, None if deleted else reply.ended(event), folded)
        folded.ends.append(event)

    def _add(self, event: e.Event, position: Position, fact: Fact | None, folded: FoldResult) -> None:
        window = self._window.owner(event.owner)
        entry = EventEntry(position, event, log_codec.frame(event, encode_cursor(position, window.tag)), fact)
        self._remember(window, entry, folded)
        if fact is not None:
            self._backlog.add(position, fact)

    def _add_hidden(self, event: e.Job, position: Position, folded: FoldResult) -> None:
        self._remember(self._window.owner(event.owner), EventEntry(position, event, b""), folded)

    def _remember(self, window: OwnerWindow, entry: LogEntry, folded: FoldResult) -> None:
        self._window.add(window, entry)
        folded.entries.append(entry)


def message_view(event: e.MessageCreated, parent_id: ParentId) -> MessageView:
    """A message as it is stored; that its reply is still awaited is not."""
    return MessageView(
        event.owner, event.conversation_id, event.id, "user", event.text, "complete", event.at,
        parent_id=parent_id, options=event.options,
    )  # fmt: skip
