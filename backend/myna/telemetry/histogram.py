"""A histogram of durations, as Prometheus wants it."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate


class Histogram:
    """Counts durations in buckets, from the millisecond of an idle queue to the minute of a long one."""

    BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)

    def __init__(self) -> None:
        self.total = 0.0  # the sum of all durations, in seconds
        self._counts = [0] * (len(self.BOUNDS) + 1)

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self.total += seconds
        self._counts[bisect_left(self.BOUNDS, seconds)] += 1

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Each upper bound, as Prometheus writes it, and how many durations were not above it."""
        return zip([*map(str, self.BOUNDS), "+Inf"], accumulate(self._counts), strict=True)
