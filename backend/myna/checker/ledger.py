"""Counts the promises over a log, event by event, each as its owner's sockets received it. Pure, and bounded in memory."""

from collections import OrderedDict
from dataclasses import dataclass, field

from myna.checker.chain import ENDS, Chain
from myna.checker.history import Frame
from myna.checker.verdict import Verdict

SENTENCES = 20  # that are kept of what was broken; the rest is counted
ENDED_KEPT = 100_000  # replies that ended, so that an end that comes twice is found: some 20 MB


@dataclass
class Tally(Verdict):
    """A verdict that counts what was broken and keeps some of the sentences."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, sentence: str) -> None:
        """One broken promise."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if sum(map(len, self.broken.values())) < SENTENCES:
            super().add(kind, sentence)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A reply that was promised. `ordered`: what was accepted before it in its conversation is to be answered before it."""

    owner: str
    conversation_id: str
    message_id: str
    reply_id: str
    ordered: bool


class Ledger:
    """What was promised, what came of it, and what was broken."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.failed = 0  # of those answered
        self._open: dict[str, tuple[Accepted, Chain]] = {}  # by reply_id
        self._in_order: dict[tuple[str, str], list[str]] = {}  # of a conversation the open replies that are ordered
        self._ended: OrderedDict[str, None] = OrderedDict()

    @property
    def open(self) -> list[str]:
        """The replies that have not ended, by id."""
        return list(self._open)

    def accept(self, promise: Accepted) -> None:
        """A message, or one more reply to it, was accepted."""
        if promise.reply_id in self._open or promise.reply_id in self._ended:
            self.tally.add("duplicated", f"reply {promise.reply_id} was accepted twice")
            return
        self.tally.accepted += 1
        chain = Chain(f"the owner of {promise.reply_id}", self.tally)
        chain.begins(promise.message_id)
        self._open[promise.reply_id] = promise, chain
        if promise.ordered:
            self._in_order.setdefault((promise.owner, promise.conversation_id), []).append(promise.reply_id)

    def take(self, owner: str, frame: Frame) -> None:
        """An owner's sockets received this event. What was accepted before the ledger began is passed over."""
        if not frame["type"].startswith("reply."):
            return
        reply_id = frame["reply_id"]
        found = self._open.get(reply_id)
        if found is None:
            if reply_id in self._ended:
                kind = "duplicated" if frame["type"] in ENDS else "unexpected"
                self.tally.add(kind, f"{frame['type']} of {reply_id} came after its end")
            return
        promise, chain = found
        if promise.owner != owner:
            self.tally.add("leaked", f"{frame['type']} of {reply_id} went to another owner than its message's")
            return
        chain.take(frame)
        if frame["type"] in ENDS:
            self._end(promise, frame)

    def _end(self, promise: Accepted, frame: Frame) -> None:
        self.tally.answered += 1
        self.failed += frame["type"] == "reply.failed"
        del self._open[promise.reply_id]
        self._ended[promise.reply_id] = None
        if len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)
        conversation = promise.owner, promise.conversation_id
        line = self._in_order.get(conversation, [])
        if promise.reply_id not in line:
            return
        # What is stopped or fails while it waits ends where it is.
        if frame.get("finish_reason") in ("stop", "length") and line[0] != promise.reply_id:
            self.tally.add("reordered", f"{promise.reply_id} ended before {line[0]}, which was accepted first")
        line.remove(promise.reply_id)
        if not line:
            del self._in_order[conversation]
