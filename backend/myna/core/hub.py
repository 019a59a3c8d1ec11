"""Each owner's connections on this node, as bounded mailboxes of frames. Nothing here waits."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver

# A reader this far behind is cut off and resumes: 2,048 frames are about a minute of one reply at full speed.
MAILBOX_FRAMES = 2_048
MAILBOX_BYTES = 1024 * 1024
# What a connection takes at once: what it has taken and not sent yet is memory of its own, where frames are shared until then.
TAKEN_BYTES = 32 * 1024


class Mailbox:
    """The frames one connection has yet to send.

    Deltas are not merged under pressure: a client may rely on every part having its own index without a gap, so a slow reader
    is detached (4408) and resumes from its cursor instead.
    """

    __slots__ = ("_bytes", "_frames", "_mark", "_missed", "_wake", "cut_off", "expelled", "overflowed", "owner", "session_ended")

    def __init__(self, owner: str, wake: Callable[[], None], mark: bytes = b"") -> None:
        """`mark`: bytes that stand in each frame which is wanted; no mark, and all of the owner's are."""
        self.owner = owner
        self._mark = mark
        self.overflowed = False
        self.expelled = False
        self.cut_off = False
        self.session_ended = False
        self._missed: Iterator[bytes] = iter(())
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._wake = wake

    def preload(self, frames: Iterable[bytes]) -> None:
        """What a resuming connection missed: it comes first, is not taken from here before it can be sent, and so takes no memory."""
        self._missed = iter(frames)
        self._wake()

    def put(self, *frames: bytes) -> bool:
        """Add these frames; False when the mailbox is full, and of no use any more: then it takes none of them."""
        wanted = [frame for frame in frames if self._mark in frame] if self._mark else frames
        if not wanted:
            return True
        if len(self._frames) >= MAILBOX_FRAMES or self._bytes >= MAILBOX_BYTES:
            self.overflowed = True
            self._wake()
            return False
        self._frames.extend(wanted)
        self._bytes += sum(map(len, wanted))
        if len(self._frames) == len(wanted):
            self._wake()
        return True

    def expel(self) -> None:
        """End the connection, as its log was replaced: its client reads its state anew."""
        self.expelled = True
        self._wake()

    def end_session(self) -> None:
        """End the connection, as its owner was forgotten."""
        self.session_ended = True
        self._wake()

    def cut(self) -> None:
        """Break the connection without a farewell, as a network does."""
        self.cut_off = True
        self._wake()

    def abandon(self) -> None:
        """Nobody reads it any more."""
        self._wake = _nobody

    def take(self) -> list[bytes]:
        """All frames there are, in order; the mailbox is empty afterwards."""
        frames = [*self._missed, *self._frames]
        self._frames.clear()
        self._bytes = 0
        return frames

    def take_some(self) -> list[bytes]:
        """The next frames, in order: all, or as many as make `TAKEN_BYTES`."""
        frames, size = [], 0
        for frame in self._missed:
            frames.append(frame)
            size += len(frame)
            if size >= TAKEN_BYTES:
                return frames
        if size + self._bytes <= TAKEN_BYTES:
            return frames + self.take()
        while self._frames and size < TAKEN_BYTES:
            frame = self._frames.popleft()
            frames.append(frame)
            size += len(frame)
            self._bytes -= len(frame)
        return frames


def _nobody() -> None:
    pass


class Hub(LogObserver):
    """The connections attached to this node, by owner."""

    def __init__(self) -> None:
        self._mailboxes: dict[str, list[Mailbox]] = {}
        self.overflows = 0

    @property
    def count(self) -> int:
        """Connections attached now."""
        return sum(map(len, self._mailboxes.values()))

    def connections_of(self, owner: str) -> int:
        """An owner's connections attached now."""
        return len(self._mailboxes.get(owner, ()))

    def attach(self, mailbox: Mailbox) -> None:
        """From now on this mailbox gets its owner's frames."""
        self._mailboxes.setdefault(mailbox.owner, []).append(mailbox)

    def detach(self, mailbox: Mailbox) -> None:
        """Deliver no more frames to this mailbox; harmless when it is not attached."""
        mailboxes = self._mailboxes.get(mailbox.owner)
        if mailboxes is not None and mailbox in mailboxes:
            mailboxes.remove(mailbox)
            if not mailboxes:
                del self._mailboxes[mailbox.owner]

    def observe(self, folded: FoldResult) -> None:
        for entry in folded.entries:
            if entry.event.owner in self._mailboxes:
                self.deliver(entry.event.owner, entry.frames())
        for owner in folded.ended:
            for mailbox in list(self._mailboxes.get(owner, ())):
                mailbox.end_session()
                self.detach(mailbox)

    def log_replaced(self) -> None:
        """Expel everybody: no cursor of the old log counts in the new one."""
        for mailboxes in list(self._mailboxes.values()):
            for mailbox in list(mailboxes):
                mailbox.expel()
                self.detach(mailbox)

    def cut(self, owner: str) -> int:
        """Break this owner's connections, and return how many there were."""
        mailboxes = list(self._mailboxes.get(owner, ()))
        for mailbox in mailboxes:
            mailbox.cut()
            self.detach(mailbox)
        return len(mailboxes)

    def deliver(self, owner: str, frames: Sequence[bytes]) -> None:
        """Put these frames into every mailbox of their owner; one that is full is marked so and detached."""
        full = [mailbox for mailbox in self._mailboxes.get(owner, ()) if not mailbox.put(*frames)]
        for mailbox in full:
            self.overflows += 1
            self.detach(mailbox)
