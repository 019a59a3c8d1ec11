"""Token buckets limit how often something happens: a burst at once, a rate for long. The clock is handed in."""

from collections import OrderedDict


class TokenBucket:
    """Admits `burst` events at once and `rate` a second for long (https://en.wikipedia.org/wiki/Token_bucket)."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = now

    def take(self, now: float, amount: float = 1) -> float:
        """Admit one more event, or so many at once: 0.0, or the seconds until they would be admitted."""
        wait_s = self.wait_s(now, amount)
        if not wait_s:
            self._left -= amount
        return wait_s

    def wait_s(self, now: float, amount: float = 1) -> float:
        """What `take` would return."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._left >= amount else (amount - self._left) / self._rate


class TokenBuckets:
    """A token bucket for each key. One that must be full again is dropped, as a new one would be the same."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._fill_s = burst / rate
        self._buckets: OrderedDict[str, tuple[TokenBucket, float]] = OrderedDict()  # with the time of its last use, the oldest first

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float, amount: float = 1) -> float:
        """Admit one more event of this key, or so many at once: 0.0, or the seconds until they would be admitted."""
        while self._buckets and next(iter(self._buckets.values()))[1] < now - self._fill_s:
            self._buckets.popitem(last=False)
        bucket = self._buckets[key][0] if key in self._buckets else TokenBucket(self._rate, self._burst, now)
        self._buckets[key] = bucket, now
        self._buckets.move_to_end(key)
        return bucket.take(now, amount)

    def wait_s(self, key: str, now: float) -> float:
        """What `take` would return."""
        return self._buckets[key][0].wait_s(now) if key in self._buckets else 0.0
