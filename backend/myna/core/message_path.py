"""The path through a conversation's tree that leads to a message, followed from its end towards the root."""

from dataclasses import dataclass, field

from msgspec import UNSET

from myna.core.idempotency import Request
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.event_fields import ParentId
from myna.protocol.jobs import HistoryItem
from myna.protocol.views import Role
from myna.store.port import PATH_LIMIT


@dataclass(slots=True)
class MessagePath:
    """What was found on the way so far. Made by `remembered_path`."""

    at: ParentId  # what comes next on the way; None: nothing, the path is whole
    characters: int  # of texts, that are wanted still
    turn: int = 0  # messages of a person on the path
    _history: list[HistoryItem] = field(default_factory=list)

    @property
    def history(self) -> tuple[HistoryItem, ...]:
        """What was said on the path, oldest first: as many of the newest as have no more characters together than were wanted."""
        return tuple(reversed(self._history))

    def add(self, role: Role, text: str | None) -> None:
        """Take in the next message or reply; `text` is None where it is longer than what is wanted."""
        self.turn += role == "user"
        self.characters = -1 if text is None else self.characters - len(text)
        if text and self.characters >= 0:
            self._history.append(HistoryItem(role, text))


def start_of(request: Request, projection: Projection, open_reply: str | None = None) -> ParentId:
    """The end of the path: of one more reply its message, of a message what it follows.

    `open_reply` is the newest reply of the conversation, where it has not ended. Unset where a message names no parent and
    its conversation's newest reply is not remembered.
    """
    if request.message_id is not None or request.parent_id is not UNSET:
        return request.message_id or request.parent_id
    if open_reply is not None:
        return open_reply
    newest = projection.newest_job(request.owner, request.conversation_id)
    return UNSET if newest is None else newest.reply_id


def remembered_path(request: Request, start: ParentId, projection: Projection, characters: int) -> MessagePath:
    """The path from `start` on, to the root or to where the projection's memory ends."""
    path = MessagePath(start, characters)
    for _ in range(PATH_LIMIT):
        said = projection.message(request.owner, path.at) if path.at else None
        if said is None or said.conversation_id != request.conversation_id:
            break
        if said.role == "user" and path.characters <= 0:
            job = projection.recent_job(request.owner, said.id)
            if isinstance(job, e.MessageCreated) and job.turn is not None:
                path.turn, path.at = path.turn + job.turn, None
                break
        path.add(said.role, "" if said.id == request.message_id else said.text)
        path.at = said.parent_id
    return path
