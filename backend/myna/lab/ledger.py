"""The ledger of promises over what this node remembers of the log. It counts when somebody looks, and does nothing otherwise."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import msgspec

from myna.checker.ledger import Accepted, Ledger
from myna.core.log_entries import LogEntry
from myna.core.projection import Projection
from myna.pipeline.manual_messages import OPERATOR
from myna.protocol.events import BEGINNING
from myna.slices import sliced

WATCHED_S = 60.0  # so long after the last look it forgets everything
PAST_EVENTS = 20_000  # of what the node remembers that it begins with: some 200 ms of reading
MOST_UNREAD = 100_000  # events between two looks; with more it begins anew
STEP = 64  # events between two looks at the clock

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


class WatchedLedger:
    """Counts on between two looks that are less than `WATCHED_S` apart: each reads what the node remembers since the last."""

    def __init__(self, projection: Projection, *, most_unread: int = MOST_UNREAD) -> None:
        self._projection = projection
        self._most_unread = most_unread
        self._ledger: Ledger | None = None  # None: nobody looks
        self._epoch = ""
        self._begin, self._reached = 0, BEGINNING  # from this offset up to this position it has counted
        self._closing: asyncio.TimerHandle | None = None
        self._counting = asyncio.Lock()

    def close(self) -> None:
        """Forget everything, until the next look."""
        self._ledger = None

    async def count(self) -> Counts:
        """The counts up to what this node has read."""
        async with self._counting:
            if self._closing is not None:
                self._closing.cancel()
            self._closing = asyncio.get_running_loop().call_later(WATCHED_S, self.close)
            ledger, entries = self._unread()
            # As of the same moment as the entries: meanwhile the node reads on.
            awaited = frozenset(self._projection.open_replies)
            async with sliced() as pause:
                taken = 0
                for entry in entries:
                    _take(ledger, entry)
                    taken += entry.count
                    if taken >= STEP:
                        taken = 0
                        await pause()
            return self._counts(ledger, awaited)

    def _unread(self) -> tuple[Ledger, list[LogEntry]]:
        """The ledger and what it has not counted yet; a new one where there is none, or where it can't go on."""
        projection, ledger, entries = self._projection, self._ledger, None
        if ledger is not None and self._epoch == projection.epoch:
            entries = projection.entries_after(self._reached, self._most_unread)
        if ledger is None or entries is None:
            ledger = self._ledger = Ledger()
            # Entries carried over from an earlier log have no place in this one.
            entries = [entry for entry in projection.newest_entries(PAST_EVENTS) if entry.position.offset >= 0]
            self._epoch, self._begin = projection.epoch, entries[0].position.offset if entries else max(0, projection.reached.offset)
        self._reached = projection.reached
        return ledger, entries

    def _counts(self, ledger: Ledger, awaited: Set[str]) -> Counts:
        still_open = sum(reply_id in awaited for reply_id in ledger.open)
        broken = ledger.tally.counts
        return Counts(
            epoch=self._epoch,
            begin=self._begin,
            end=self._reached.offset,
            last=self._reached.offset,
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


def _take(ledger: Ledger, entry: LogEntry) -> None:
    event = entry.event
    if event.type == "message.created" or event.type == "reply.requested":
        # What an operator published by hand is answered side by side, and so is one more reply that somebody wants.
        ordered = event.type == "message.created" and event.owner != OPERATOR
        ledger.accept(Accepted(event.owner, event.conversation_id, event.message_id, event.reply_id, ordered))
    else:
        for frame in entry.frames():
            ledger.take(event.owner, _FRAME.decode(frame))
