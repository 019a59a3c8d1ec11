"""Words: moments as the log writes them, and back. No I/O but the clock."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def now() -> str:
    """This moment as the log writes it: RFC 3339, UTC, milliseconds."""
    return _written(now_ms())


@lru_cache(maxsize=2)  # under load many events share a millisecond
def _written(at_ms: int) -> str:
    return rfc3339(datetime.fromtimestamp(at_ms / 1000, UTC))


def now_ms() -> int:
    """This moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@lru_cache(maxsize=256)  # of one event it is asked several times over
def milliseconds(at: str) -> int:
    """An event's `at` as milliseconds since 1970."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)
