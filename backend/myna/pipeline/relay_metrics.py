"""Counts what this node reads in the log."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import get_args

from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.event_fields import FinishReason
from myna.protocol.failures import MEANINGS, OTHER, label_of
from myna.telemetry.histogram import Histogram

OUTCOMES = (*get_args(FinishReason), *MEANINGS, OTHER)
RATED = ("messages", "events", "deltas", "ends")
WINDOW_S = 5  # over which rates are measured: long enough to be steady, short enough that an idle log shows as one
LONGEST_S = 60  # over which they can be


class RelayMetrics(LogObserver):
    """Counters and histograms since this node started, and rates of the last seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # Of each of the last seconds in which something came: the counts before it.
        self._marks: deque[tuple[int, Mapping[str, int]]] = deque(maxlen=LONGEST_S + 1)
        # events that counted, messages, deltas and ends of replies among them; lines passed over: unreadable, unknown (type), faults
        self.counts = Counter[str]()
        # That have ended, by finish reason or code of the failure. Each begins with 0: Prometheus sees no rise in the first of its kind.
        self.replies: Counter[tuple[str, ...]] = Counter({(outcome,): 0 for outcome in OUTCOMES})
        # Of replies completed while this node was live; `duration` is from accepted to the end.
        self.queued, self.first_part, self.duration = Histogram(), Histogram(), Histogram()
        self._live = False
        self._last: tuple[str, int] | None = None  # the newest event's `at`, and when it was read, in ms since 1970

    def catching_up(self) -> None:
        self._live = False

    def caught_up(self, began_at: float) -> None:
        self._live = True
        self._marks.clear()  # what was read until now is old

    def observe(self, folded: FoldResult) -> None:
        if folded.unreadable or folded.unknown or folded.faults:
            self.counts.update(unreadable=folded.unreadable, unknown=folded.unknown, faults=len(folded.faults))
        if not folded.entries:
            return
        self._mark()
        if folded.ends:
            self.counts["ends"] += len(folded.ends)
        events = 0
        for entry in folded.entries:
            event = entry.event
            events += entry.count
            if type(event) is e.ReplyDelta:
                self.counts["deltas"] += entry.count
            elif type(event) is e.MessageCreated:
                self.counts["messages"] += 1
            elif type(event) is e.ReplyCompleted:
                self.replies[(event.finish_reason,)] += 1
                if self._live:
                    self._time(event.timings)
            elif type(event) is e.ReplyFailed:
                self.replies[(label_of(event.code),)] += 1
        self.counts["events"] += events
        self._last = (folded.entries[-1].event.at, timestamps.now_ms())

    def _mark(self) -> None:
        second = int(self._now())
        if not self._marks or self._marks[-1][0] != second:
            self._marks.append((second, {name: self.counts[name] for name in RATED}))

    def per_s(self, window_s: int = WINDOW_S) -> dict[str, float | None]:
        """How many of each came a second in the last `window_s`, whoever looks and how often; None while the node catches up."""
        if not self._live:
            return dict.fromkeys(RATED)
        since = self._now() - window_s
        before = next((counts for second, counts in self._marks if second >= since), self.counts)
        return {name: (self.counts[name] - before[name]) / window_s for name in RATED}

    def _time(self, timings: e.Timings) -> None:
        self.queued.observe(timings.queued_ms / 1000)
        self.duration.observe(timings.total_ms / 1000)
        if timings.first_part_ms is not None:
            self.first_part.observe(timings.first_part_ms / 1000)

    def lag_ms(self) -> int | None:
        """How old the newest event was when it was read here; None before the first."""
        if self._last is None:
            return None
        at, read_ms = self._last
        return max(0, read_ms - timestamps.milliseconds(at))
