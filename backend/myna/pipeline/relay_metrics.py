"""Counts what this node reads in the log."""

from collections import Counter

from myna.core.fold_rules import FoldResult
from myna.core.histogram import Histogram
from myna.core.log_observer import LogObserver
from myna.protocol import events as e
from myna.protocol import timestamps


class RelayMetrics(LogObserver):
    """Counters and histograms since this node started."""

    def __init__(self) -> None:
        # events that counted, messages and deltas among them; lines passed over: unreadable, unknown (type), faults
        self.counts = Counter[str]()
        self.queued, self.first_part = Histogram(), Histogram()  # of replies completed while this node was live
        self._live = False
        self._last: tuple[str, int] | None = None  # the newest event's `at`, and when it was read, in ms since 1970

    def catching_up(self) -> None:
        self._live = False

    def caught_up(self, began_at: float) -> None:
        self._live = True

    def observe(self, folded: FoldResult) -> None:
        if folded.unreadable or folded.unknown or folded.faults:
            self.counts.update(unreadable=folded.unreadable, unknown=folded.unknown, faults=len(folded.faults))
        if not folded.entries:
            return
        self.counts["events"] += len(folded.entries)
        for entry in folded.entries:
            event = entry.event
            if type(event) is e.ReplyDelta:
                self.counts["deltas"] += 1
            elif type(event) is e.MessageCreated:
                self.counts["messages"] += 1
            elif type(event) is e.ReplyCompleted and self._live:
                self.queued.observe(event.timings.queued_ms / 1000)
                if event.timings.first_part_ms is not None:
                    self.first_part.observe(event.timings.first_part_ms / 1000)
        self._last = (folded.entries[-1].event.at, timestamps.now_ms())

    def lag_ms(self) -> int | None:
        """How old the newest event was when it was read here; None before the first."""
        if self._last is None:
            return None
        at, read_ms = self._last
        return max(0, read_ms - timestamps.milliseconds(at))
