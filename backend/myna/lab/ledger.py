"""The ledger of promises over what this node reads of the log. It counts while somebody looks, and does nothing otherwise."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

import msgspec

from myna.checker.ledger import Accepted, Ledger
from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.core.window import LogEntry
from myna.pipeline.manual_messages import OPERATOR
from myna.slices import sliced

WATCHED_S = 60.0  # so long after the last look it forgets everything
PAST_ENTRIES = 20_000  # of what the node remembers that it begins with: some 200 ms of reading
MOST_PENDING = 200_000  # entries that it may be behind; with more it begins anew
STEP = 64  # entries between two looks at the clock

_FRAME: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Counts:
    """The ledger at one moment, over these offsets of the log."""

    epoch: str
    begin: int
    end: int
    last: int
    accepted: int
    answered: int
    failed: int
    open: int
    lost: int
    doubled: int
    out_of_order: int
    leaked: int
    broken: int
    faults: tuple[str, ...]


class WatchedLedger(LogObserver):
    """Counts on between two looks that are less than `WATCHED_S` apart."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._pending: deque[LogEntry] | None = None  # read and not counted; None: nobody looks
        self._ledger = Ledger()
        self._begin = self._end = 0
        self._closing: asyncio.TimerHandle | None = None
        self._counting = asyncio.Lock()

    @property
    def watched(self) -> bool:
        """Whether it takes part in what is read."""
        return self._pending is not None

    def observe(self, folded: FoldResult) -> None:
        if self._pending is not None:
            self._pending.extend(folded.entries)
            if len(self._pending) > MOST_PENDING:
                self.close()

    def log_replaced(self) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything, until the next look."""
        self._pending, self._ledger = None, Ledger()

    async def count(self) -> Counts:
        """The counts up to what this node has read."""
        async with self._counting:
            if self._closing is not None:
                self._closing.cancel()
            self._closing = asyncio.get_running_loop().call_later(WATCHED_S, self.close)
            if self._pending is None:
                self._open()
            await self._catch_up()
            return self._counts()

    def _open(self) -> None:
        # Entries carried over from an earlier log have no place in this one.
        past = [entry for entry in self._projection.newest_entries(PAST_ENTRIES) if entry.position.offset >= 0]
        self._pending = deque(past)
        self._begin = self._end = past[0].position.offset if past else self._projection.reached.offset

    async def _catch_up(self) -> None:
        number = 0
        async with sliced() as pause:
            while self._pending:
                self._take(self._pending.popleft())
                number += 1
                if number % STEP == 0:
                    await pause()

    def _take(self, entry: LogEntry) -> None:
        event = entry.event
        self._end = entry.position.offset
        if event.type == "message.created" or event.type == "reply.requested":
            # What an operator published by hand is answered side by side, and so is one more reply that somebody wants.
            ordered = event.type == "message.created" and event.owner != OPERATOR
            self._ledger.accept(Accepted(event.owner, event.conversation_id, event.message_id, event.reply_id, ordered))
        elif entry.frame:
            self._ledger.take(event.owner, _FRAME.decode(entry.frame))

    def _counts(self) -> Counts:
        ledger, reached = self._ledger, self._projection.reached.offset
        still_open = sum(reply_id in self._projection.open_replies for reply_id in ledger.open)
        broken = ledger.tally.counts
        return Counts(
            epoch=self._projection.epoch,
            begin=self._begin,
            end=max(self._end, reached),
            last=reached,
            accepted=ledger.tally.accepted,
            answered=ledger.tally.answered,
            failed=ledger.failed,
            open=still_open,
            lost=len(ledger.open) - still_open,
            doubled=broken.get("duplicated", 0),
            out_of_order=broken.get("reordered", 0),
            leaked=broken.get("leaked", 0),
            broken=sum(broken.get(kind, 0) for kind in ("gaps", "mismatched", "unexpected", "misplaced")),
            faults=tuple(sentence for sentences in ledger.tally.broken.values() for sentence in sentences),
        )
