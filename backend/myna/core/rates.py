"""Thought: token buckets and a histogram. The clock is handed in."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate


class TokenBucket:
    """Lets `burst` through at once and `rate` a second for long."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = now

    def take(self, now: float) -> float:
        """0.0 when one more is let through, else the seconds until one would be."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate


class TokenBuckets:
    """A bucket for each key. One that must be full again is forgotten, as a new one would be the same."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._fill_s = burst / rate
        self._buckets: OrderedDict[str, tuple[TokenBucket, float]] = OrderedDict()  # with when it was last asked, the longest ago first

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> float:
        """0.0 when one more of this key is let through, else the seconds until one would be."""
        while self._buckets and next(iter(self._buckets.values()))[1] < now - self._fill_s:
            self._buckets.popitem(last=False)
        bucket = self._buckets[key][0] if key in self._buckets else TokenBucket(self._rate, self._burst, now)
        self._buckets[key] = bucket, now
        self._buckets.move_to_end(key)
        return bucket.take(now)


class Histogram:
    """How often seconds were seen, by size: from the millisecond of an idle queue to the minute of a long one."""

    BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)

    def __init__(self) -> None:
        self.total = 0.0  # all seconds seen, together
        self._counts = [0] * (len(self.BOUNDS) + 1)

    def see(self, seconds: float) -> None:
        """Count one."""
        self.total += seconds
        self._counts[bisect_left(self.BOUNDS, seconds)] += 1

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Each upper bound, as Prometheus writes it, and how many were not above it."""
        return zip([*map(str, self.BOUNDS), "+Inf"], accumulate(self._counts), strict=True)
