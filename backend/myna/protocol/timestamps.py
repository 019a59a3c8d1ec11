"""Words: moments as the log writes them, and back. No I/O but the clock."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def now() -> str:
    """This moment as the log writes it: RFC 3339, UTC, milliseconds."""
    return written(now_ms())


@lru_cache(maxsize=2)  # under load many events share a millisecond
def written(at_ms: int) -> str:
    """Milliseconds since 1970 as the log writes them."""
    return rfc3339(from_ms(at_ms))


def now_ms() -> int:
    """This moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def from_ms(at_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@lru_cache(maxsize=256)  # of one event it is asked several times over
def milliseconds(at: str) -> int:
    """An event's `at` as milliseconds since 1970."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)
