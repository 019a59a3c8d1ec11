"""What a node remembers of the log: events one by one, and consecutive parts of a reply as one entry."""

from typing import ClassVar

from myna.protocol import log_codec, part_runs
from myna.protocol.event_fields import WireStruct
from myna.protocol.events import NOTHING, Event, Position, ReplyDelta
from myna.store.port import Fact

# What CPython takes for an entry beside its frame and its texts: measured, see the test.
EVENT_BYTES, RUN_BYTES = 700, 780
CHARACTER_BYTES = 4  # of a text beyond ASCII, at most


class EventEntry(WireStruct, frozen=True):
    """One event that counts, at its position in the log, as the frame that sockets get (b"" if it is not shown to them)."""

    position: Position
    event: Event
    frame: bytes
    fact: Fact | None = None  # what it adds to what is stored

    count: ClassVar[int] = 1  # of events

    @property
    def shown(self) -> bool:
        """Whether sockets are shown it."""
        return bool(self.frame)

    @property
    def last(self) -> Position:
        """The position of its last event."""
        return self.position

    @property
    def weight(self) -> int:
        """The bytes of memory that it takes, about."""
        return EVENT_BYTES + len(self.frame) + _text_bytes(getattr(self.event, "text", ""))

    def frames(self, after: Position = NOTHING) -> list[bytes]:
        """The frames of its events after a position."""
        return [self.frame] if self.frame and self.position > after else []

    def lines(self) -> list[bytes]:
        """The lines of the log for its events."""
        return [log_codec.encode(self.event)]


class RunEntry(WireStruct, frozen=True):
    """Consecutive parts of one reply that count, in consecutive lines of one record.

    Their frames are made when somebody wants them: most owners have no connection at this node, and remembered frames would
    take ten times the memory.
    """

    position: Position  # of the first
    event: ReplyDelta  # the first
    parts: bytes  # see `part_runs.encode_parts`
    count: int
    tag: str  # of the owner's cursors

    fact: ClassVar[None] = None
    shown: ClassVar[bool] = True

    @property
    def last(self) -> Position:
        """The position of its last part."""
        return Position(self.position.offset, self.position.line + self.count - 1)

    @property
    def weight(self) -> int:
        """The bytes of memory that it takes, about."""
        return RUN_BYTES + len(self.parts) + _text_bytes(self.event.text)

    def frames(self, after: Position = NOTHING) -> list[bytes]:
        """The frames of its parts after a position."""
        first = self.position
        if after.offset > first.offset:
            return []
        frames = part_runs.run_frames(self.event, self.parts, first, self.tag)
        return frames if after < first else frames[after.line - first.line + 1 :]

    def lines(self) -> list[bytes]:
        """The lines of the log for its parts."""
        return part_runs.run_lines(self.event, self.parts)


LogEntry = EventEntry | RunEntry


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else CHARACTER_BYTES * len(text)
