"""Page tokens (`before`, `next`): keyset pagination, the same for every implementation of the store.

A token names the last row of a page by what the list is ordered by, so a page never shifts while rows are added.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from myna.protocol.errors import InvalidFrame
from myna.protocol.ids import UUID_PATTERN

_NUMBER = "([0-9a-f]{1,15})"  # hexadecimal; 15 digits fit a bigint
_MESSAGES = re.compile(f"m{_NUMBER}-{_NUMBER}")
_CONVERSATIONS = re.compile(f"c{_NUMBER}-([0-9a-f-]{{36}})")
_SEARCH = re.compile(f"s{_NUMBER}")
_ID = re.compile(UUID_PATTERN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class MessagesPageToken(NamedTuple):
    """The row of a conversation with this turn and ord."""

    turn: int
    ord: int

    def __str__(self) -> str:
        return f"m{self.turn:x}-{self.ord:x}"

    @classmethod
    def parse(cls, before: str) -> "MessagesPageToken":
        """Raises `InvalidFrame` for what no page of messages gave out."""
        found = _match(_MESSAGES, before)
        return cls(int(found[1], 16), int(found[2], 16))


class ConversationsPageToken(NamedTuple):
    """The conversation with this last activity and id."""

    updated_at: datetime
    id: str

    def __str__(self) -> str:
        return f"c{(self.updated_at - _EPOCH) // _MICROSECOND:x}-{self.id}"

    @classmethod
    def parse(cls, before: str) -> "ConversationsPageToken":
        """Raises `InvalidFrame` for what no page of conversations gave out."""
        found = _match(_CONVERSATIONS, before)
        try:
            updated_at = _EPOCH + int(found[1], 16) * _MICROSECOND
        except OverflowError:
            raise _not_ours() from None
        if not is_id(found[2]):
            raise _not_ours()
        return cls(updated_at, found[2])


class SearchPageToken(NamedTuple):
    """The search hit with this ord."""

    ord: int

    def __str__(self) -> str:
        return f"s{self.ord:x}"

    @classmethod
    def parse(cls, before: str) -> "SearchPageToken":
        """Raises `InvalidFrame` for what no page of hits gave out."""
        return cls(int(_match(_SEARCH, before)[1], 16))


def is_id(text: str) -> bool:
    """Whether the text is a UUID: under anything else nothing can be stored."""
    return _ID.fullmatch(text) is not None


def _match(pattern: re.Pattern[str], before: str) -> re.Match[str]:
    found = pattern.fullmatch(before)
    if found is None:
        raise _not_ours()
    return found


def _not_ours() -> InvalidFrame:
    return InvalidFrame("before is not a cursor of this list: leave it out, or give the `next` of an earlier page.")
