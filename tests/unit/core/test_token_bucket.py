"""A token bucket admits a burst, then the rate and no more."""

from hypothesis import given
from hypothesis import strategies as st

from myna.core.token_bucket import TokenBucket, TokenBuckets


def test_a_burst_passes_at_once_and_then_the_rate_counts() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(0.0) == 0.1
    assert bucket.take(0.1) == 0.0


def test_a_long_pause_earns_no_more_than_the_burst() -> None:
    bucket = TokenBucket(rate=10, burst=2, now=0.0)
    assert [bucket.take(1000.0) for _ in range(3)][:2] == [0.0, 0.0]
    assert bucket.take(1000.0) > 0


@given(st.floats(0.1, 1000), st.integers(1, 100), st.lists(st.floats(0, 5), max_size=100))
def test_never_more_than_burst_and_rate_together(rate: float, burst: int, pauses: list[float]) -> None:
    bucket, now, passed = TokenBucket(rate, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        assert wait >= 0
        passed += wait == 0.0
    assert passed <= burst + rate * now + 1e-6


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = TokenBuckets(rate=10, burst=2)
    assert [buckets.take("ann", 0.0) for _ in range(3)] == [0.0, 0.0, 0.1]
    assert buckets.take("bob", 0.0) == 0.0


def test_only_keys_whose_buckets_are_not_full_are_kept() -> None:
    buckets = TokenBuckets(rate=10, burst=2)
    for number in range(1_000):
        buckets.take(str(number), number * 0.01)
    assert len(buckets) <= 22
    assert buckets.take("999", 9.99) == 0.0
    assert buckets.take("999", 9.99) > 0
