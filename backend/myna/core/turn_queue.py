"""Keeps the order of each conversation: one turn is open, the rest wait.

A turn opens when its message is handed to the broker and closes when the log shows its reply's end. Turns that other
nodes opened count too: the relay reports what it reads.
"""

from collections import deque
from collections.abc import Hashable, Iterator
from itertools import takewhile
from typing import Generic, TypeVar

from myna.protocol.event_fields import WAITING_LIMIT

T = TypeVar("T", bound=Hashable)
Conversation = tuple[str, str]  # owner, conversation_id


class TooManyWaiting(Exception):
    """`WAITING_LIMIT` turns wait in this conversation already."""


class TurnQueue(Generic[T]):
    """Which turns are open (by reply_id) and what waits behind them (whatever the caller wants back)."""

    def __init__(self) -> None:
        self._open: dict[Conversation, dict[str, None]] = {}  # in the order in which they were opened
        self._waiting: dict[Conversation, deque[T]] = {}

    @property
    def open_count(self) -> int:
        """Turns open now, here or on other nodes."""
        return sum(map(len, self._open.values()))

    @property
    def waiting_count(self) -> int:
        """Turns that wait on this node."""
        return sum(map(len, self._waiting.values()))

    def enter(self, conversation: Conversation, reply_id: str, item: T) -> bool:
        """True: the turn is open, go. False: it waits, and `close` will give `item` back. Raises `TooManyWaiting`."""
        if conversation not in self._open and conversation not in self._waiting:
            self._open[conversation] = {reply_id: None}
            return True
        waiting = self._waiting.setdefault(conversation, deque())
        if len(waiting) >= WAITING_LIMIT:
            raise TooManyWaiting
        waiting.append(item)
        return False

    def opened(self, conversation: Conversation, reply_id: str) -> None:
        """The log shows this turn open."""
        self._open.setdefault(conversation, {})[reply_id] = None

    def close(self, conversation: Conversation, reply_id: str) -> T | None:
        """This turn is over. Returns what may open now; the caller says `opened` for it."""
        turns = self._open.get(conversation)
        if turns is not None:
            turns.pop(reply_id, None)
            if turns:
                return None
            del self._open[conversation]
        waiting = self._waiting.get(conversation)
        if waiting is None:
            return None
        item = waiting.popleft()
        if not waiting:
            del self._waiting[conversation]
        return item

    def open_before(self, conversation: Conversation, reply_id: str) -> str | None:
        """The last of the open turns of this conversation that were opened before this one."""
        turns = self._open.get(conversation, {})
        if len(turns) <= 1:
            return None
        earlier = takewhile(lambda one: one != reply_id, turns)
        return next(iter(deque(earlier, maxlen=1)), None)

    def withdraw(self, conversation: Conversation, item: T) -> bool:
        """Take a waiting item out; False if it does not wait (any more)."""
        waiting = self._waiting.get(conversation)
        if waiting is None or item not in waiting:
            return False
        waiting.remove(item)
        if not waiting:
            del self._waiting[conversation]
        return True

    def waiting(self, conversation: Conversation) -> list[T]:
        """What waits in this conversation, in order."""
        return list(self._waiting.get(conversation, ()))

    def all_waiting(self) -> Iterator[tuple[Conversation, T]]:
        """Everything that waits on this node, in order within each conversation."""
        return ((conversation, item) for conversation, items in list(self._waiting.items()) for item in list(items))
