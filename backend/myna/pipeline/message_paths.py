"""Finds where a message stands in its conversation's tree: what it follows, and how long the path from the root is.

Decided once, when its turn has come and it is about to be published; from then on the log says it to everybody.
"""

from typing import NamedTuple

from msgspec import UNSET

from myna.core.idempotency import Request
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.errors import Busy, StoreUnavailable
from myna.protocol.message_tree import newest_reply
from myna.store.port import PATH_LIMIT, Store


class Place(NamedTuple):
    """Where a message stands."""

    parent_id: e.ParentId = None  # unset: only the database knows the newest reply, and it is away
    turn: int | None = None  # how many messages lead here from the root, with this one; None: that can't be read now


ROOT = Place()


class _Walk(NamedTuple):
    """A path, as far back as this node remembers it."""

    turn: int  # messages on it
    missing: e.ParentId = None  # what the oldest of it follows and this node does not know; None: nothing, the path is whole


class MessagePaths:
    """The places of messages, by what this node remembers and what the database has."""

    def __init__(self, store: Store, projection: Projection) -> None:
        self._store = store
        self._projection = projection

    def remembered(self, request: Request, born_ms: int) -> Place | None:
        """The place of a new message, or of the message that is answered again; None where only the database knows it.

        `born_ms` is when the owner was created, in ms since 1970. Raises `NotFound` where there is no such parent.
        """
        start, complete = self._start(request), self._projection.holds_all_of(born_ms)
        if start is UNSET:
            return Place(None, 1) if complete else None
        walk = self._walk(request, start)
        if walk.missing is None:
            return _place(request, start, walk.turn)
        if complete and walk.missing == start:
            raise request.no_parent()
        return None

    async def look_up(self, request: Request) -> Place:
        """The same with the database. Raises `NotFound`, or `Busy` for a parent that can't be looked up now."""
        start = self._start(request)
        walk = _Walk(0, None) if start is UNSET else self._walk(request, start)
        if walk.missing is UNSET:
            return Place(start)
        try:
            older = await self._store.path(request.owner, request.conversation_id, walk.missing)
        except StoreUnavailable:
            if walk.missing is not None and walk.missing == request.parent_id:
                raise Busy("The database is away; parent_id can't be looked up now.", ref=request.id, retry_after_s=5) from None
            return Place(start)
        if start is UNSET:
            start = newest_reply(request.owner, *older[-1]) if older else None
        elif not older:
            if walk.missing == start:
                raise request.no_parent()
            return Place(start)
        return _place(request, start, walk.turn + sum(item.role == "user" for item in older))

    def _start(self, request: Request) -> e.ParentId:
        """The end of the path: of one more reply its message, of a message what it follows; unset where nobody said and none is known."""
        if request.message_id is not None or request.parent_id is not UNSET:
            return request.message_id or request.parent_id
        newest = self._projection.newest_job(request.owner, request.conversation_id)
        return UNSET if newest is None else newest.reply_id

    def _walk(self, request: Request, start: e.ParentId) -> _Walk:
        """From the end to the root, or to a message that says how many led to it."""
        turn, at = 0, start
        for _ in range(PATH_LIMIT):
            if not at:
                break
            said = self._projection.message(request.owner, at)
            if said is None or said.conversation_id != request.conversation_id:
                break
            if said.role == "user":
                job = self._projection.recent_job(request.owner, at)
                if isinstance(job, e.MessageCreated) and job.turn is not None:
                    return _Walk(turn + job.turn)
                turn += 1
            at = said.parent_id
        return _Walk(turn, at)


def _place(request: Request, start: e.ParentId, turn: int) -> Place:
    return Place(start, turn + 1) if request.message_id is None else Place(None, turn)
