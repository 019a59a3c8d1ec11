"""Timestamps as the log writes them (RFC 3339, UTC, milliseconds), and back."""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def now() -> str:
    """This moment as the log writes it: RFC 3339, UTC, milliseconds."""
    return written(now_ms())


@lru_cache(maxsize=4)  # events that are written one after the other share their millisecond
def written(at_ms: int) -> str:
    """Milliseconds since 1970 as the log writes them."""
    return f"{_second(at_ms // 1000)}{at_ms % 1000:03d}Z"


@lru_cache(maxsize=2)  # or at least their second
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def now_ms() -> int:
    """This moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def from_ms(at_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


@lru_cache(maxsize=1024)  # one message's is asked for several times while it is stored
def moment(written: str) -> datetime:
    """A timestamp in any form of RFC 3339 as an aware moment. Raises `ValueError` for another text."""
    parsed = datetime.fromisoformat(written)
    if parsed.tzinfo is None:  # it could not be compared with the others
        raise ValueError(f"the timestamp {written} has no offset from UTC")
    return parsed


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=256)  # events that come together share their milliseconds, and one event's are asked for several times
def milliseconds(at: str) -> int:
    """A timestamp as the log writes it, in milliseconds since 1970.

    Raises `ValueError` for any other text, a date before 1970 among them: every result can be stored and reckoned with.
    """
    if not _WRITTEN.fullmatch(at) or at < "1970":
        raise ValueError("a timestamp is written as 2026-01-31T12:00:00.000Z")
    return round(datetime.fromisoformat(at).timestamp() * 1000)
