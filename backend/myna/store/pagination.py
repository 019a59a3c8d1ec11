"""Words: the places (`before`, `next`) at which lists are read on, the same for both stores. No I/O."""

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


class InMessages(NamedTuple):
    """A place in a conversation: the row with this turn and ord."""

    turn: int
    ord: int

    def __str__(self) -> str:
        return f"m{self.turn:x}-{self.ord:x}"


class InConversations(NamedTuple):
    """A place in the list of conversations: the one with this last activity and id."""

    updated_at: datetime
    id: str

    def __str__(self) -> str:
        return f"c{(self.updated_at - _EPOCH) // _MICROSECOND:x}-{self.id}"


class InSearch(NamedTuple):
    """A place in a search's hits: the row with this ord."""

    ord: int

    def __str__(self) -> str:
        return f"s{self.ord:x}"


def _read(pattern: re.Pattern[str], before: str) -> re.Match[str]:
    found = pattern.fullmatch(before)
    if found is None:
        raise InvalidFrame("before is not a cursor of this list: leave it out, or give the `next` of an earlier page.")
    return found


def in_messages(before: str) -> InMessages:
    """Raises `InvalidFrame` for what no page of messages gave out."""
    found = _read(_MESSAGES, before)
    return InMessages(int(found[1], 16), int(found[2], 16))


def in_conversations(before: str) -> InConversations:
    """Raises `InvalidFrame` for what no page of conversations gave out."""
    found = _read(_CONVERSATIONS, before)
    try:
        place = InConversations(_EPOCH + int(found[1], 16) * _MICROSECOND, found[2])
    except OverflowError:
        place = None
    if place is None or not is_id(place.id):
        raise InvalidFrame("before is not a cursor of this list: leave it out, or give the `next` of an earlier page.")
    return place


def in_search(before: str) -> InSearch:
    """Raises `InvalidFrame` for what no page of hits gave out."""
    return InSearch(int(_read(_SEARCH, before)[1], 16))


def is_id(text: str) -> bool:
    """Whether anything can be stored under this id at all."""
    return _ID.fullmatch(text) is not None
