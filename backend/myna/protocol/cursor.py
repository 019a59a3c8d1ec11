"""Cursors: a position in the log as the opaque string that a client holds, and back."""

import re
from functools import lru_cache
from hashlib import blake2s

from myna.protocol.events import Position

# The longest form in use: 19 digits, 6 digits, 8 hex digits. Anything longer is not ours and is not parsed.
_SHAPE = re.compile(r"(-?\d{1,19})\.(\d{1,6})\.([0-9a-f]{8})", re.ASCII)


@lru_cache(maxsize=65_536)
def tag_of(owner: str, epoch: str) -> str:
    """The part of a cursor that ties it to an owner and an epoch. It detects mix-ups; a cursor grants no access."""
    return blake2s(f"{epoch}:{owner}".encode(), digest_size=4).hexdigest()


def encode_cursor(position: Position, tag: str) -> str:
    """The cursor for a position."""
    return f"{position.offset}.{position.line}.{tag}"


def decode_cursor(cursor: str, tag: str) -> Position | None:
    """The position of a cursor; None when it is malformed, another owner's or another epoch's."""
    if len(cursor) > 40 or (found := _SHAPE.fullmatch(cursor)) is None or found[3] != tag:
        return None
    return Position(int(found[1]), int(found[2]))


def is_cursor(text: str) -> bool:
    """Whether this has the shape of a cursor at all (a request with a malformed one is refused, not resumed)."""
    return len(text) <= 40 and _SHAPE.fullmatch(text) is not None
