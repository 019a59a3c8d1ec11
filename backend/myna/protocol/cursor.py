"""Words: a log position as the opaque string that a client holds, and back. No I/O."""

import re
from functools import lru_cache
from hashlib import blake2s

from myna.protocol.events import Position

# Longest form in use: 19 digits, 6 digits, 8 hex digits. Anything longer is not ours and is not looked at.
_SHAPE = re.compile(r"(-?\d{1,19})\.(\d{1,6})\.([0-9a-f]{8})", re.ASCII)


@lru_cache(maxsize=65_536)
def tag_of(owner: str, epoch: str) -> str:
    """What marks a cursor as this owner's and this epoch's. It guards against mix-ups; a cursor opens nothing."""
    return blake2s(f"{epoch}:{owner}".encode(), digest_size=4).hexdigest()


def encode_cursor(position: Position, tag: str) -> str:
    """The cursor for a position."""
    return f"{position.offset}.{position.line}.{tag}"


def decode_cursor(cursor: str, tag: str) -> Position | None:
    """The position a cursor stands for; None for garbage, another owner's or another epoch's."""
    if len(cursor) > 40 or (found := _SHAPE.fullmatch(cursor)) is None or found[3] != tag:
        return None
    return Position(int(found[1]), int(found[2]))


def is_cursor(text: str) -> bool:
    """Whether this has the shape of a cursor at all (a request with a malformed one is refused, not resumed)."""
    return len(text) <= 40 and _SHAPE.fullmatch(text) is not None
