"""Finds where a message stands in its conversation's tree: what it follows, and what was said on the path from the root.

Decided once, when its turn has come and it is about to be published; from then on the log says it to everybody.
"""

from msgspec import UNSET

from myna.core.idempotency import Request
from myna.core.message_path import MessagePath, remembered_path, start_of
from myna.core.projection import Projection
from myna.mock_ai.port import Brain
from myna.pipeline.submission import Place, Submission
from myna.protocol.errors import Busy, StoreUnavailable
from myna.protocol.event_fields import ParentId
from myna.protocol.field_types import Options
from myna.protocol.message_tree import newest_reply
from myna.store.port import Store


class MessagePaths:
    """The places of messages, by what this node remembers and what the database has."""

    def __init__(self, store: Store, projection: Projection, brain: Brain) -> None:
        self._store = store
        self._projection = projection
        self._brain = brain

    async def find(self, submission: Submission, open_reply: str | None) -> Place:
        """The place of a new message, or of the message that is answered again.

        `open_reply` is the newest reply of the conversation where it has not ended: a message that is stopped goes ahead of
        its turn. Raises `NotFound` where there is no such parent, and `Busy` where it can't be looked up now.
        """
        request, characters = submission.request, self._characters(submission.options)
        if not characters and open_reply is None and request.parent_id is UNSET and request.message_id is None:
            newest = self._projection.newest_job(request.owner, request.conversation_id)
            if newest is not None and newest.turn is not None:  # most messages: nothing has to be walked
                return Place(newest.reply_id, newest.turn + 1)
        start = start_of(request, self._projection, open_reply)
        complete = self._projection.holds_all_of(submission.born_ms)
        if start is UNSET and complete:
            return Place(None, 1)
        path = remembered_path(request, start, self._projection, characters)
        if path.at is None:
            return place_of(request, start, path)
        if complete and path.at == request.parent_id:
            raise request.no_parent()
        return Place(start, None, path.history) if complete else await self._look_up(request, start, path)

    def _characters(self, options: Options | None) -> int:
        if options is None:
            return self._brain.history_limit(None)
        return 0 if options.brings_history else self._brain.history_limit(options.seed)

    async def _look_up(self, request: Request, start: ParentId, path: MessagePath) -> Place:
        """The same with the database, where the beginning of the path is not remembered."""
        if path.at is UNSET and start is not UNSET:
            return Place(start, None, path.history)
        unknown = path.at or None
        # The text of a message that is answered again is no part of what was said before it.
        characters = max(0, path.characters) + (len(request.text or "") if unknown == request.message_id else 0)
        try:
            older = await self._store.path(request.owner, request.conversation_id, unknown, characters=characters)
        except StoreUnavailable:
            if unknown is not None and unknown == request.parent_id:
                raise Busy("The database is away; parent_id can't be looked up now.", ref=request.id, retry_after_s=5) from None
            return Place(start, None, path.history)
        if start is UNSET:
            start = newest_reply(request.owner, older[-1].id, older[-1].role) if older else None
        elif not older:
            if unknown == request.parent_id:
                raise request.no_parent()
            return Place(start, None, path.history)
        for item in reversed(older):
            path.add(item.role, "" if item.id == request.message_id else item.text)
        return place_of(request, start, path)


def place_of(request: Request, start: ParentId, path: MessagePath) -> Place:
    """The place at the end of a path that is known to its root."""
    if request.message_id is not None:
        return Place(None, path.turn, path.history)
    return Place(start, path.turn + 1, path.history)
