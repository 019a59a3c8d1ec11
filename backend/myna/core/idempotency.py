"""Decides whether a client's id is new, repeats an earlier request, or was used before for something else."""

from typing import NamedTuple

import msgspec
from msgspec import UNSET

from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.errors import Busy, ChatError, Conflict, NotFound
from myna.protocol.event_fields import ParentId
from myna.protocol.frames import MessageAccepted
from myna.store.port import IdempotencyRecord


class Request(msgspec.Struct, frozen=True, gc=False):
    """What a client asks for under an idempotency key: to accept a message, or one more reply to the message `message_id`."""

    owner: str
    conversation_id: str
    id: str  # the idempotency key
    text: str | None  # None: of one more reply, whose message is still to be found
    message_id: str | None = None  # None: this is a new message
    parent_id: ParentId = UNSET  # what a new message follows; unset: the newest reply of the conversation

    def repeats(self, other: "Request") -> bool:
        """Whether two requests under one key are the same (the text of one more reply is found by us, so it does not count).

        A message that names no parent follows the newest reply of its time, so it repeats one that names any.
        """
        same_place = (self.conversation_id, self.message_id) == (other.conversation_id, other.message_id)
        return same_place and (self.message_id is not None or (self.text == other.text and _same_parent(self.parent_id, other.parent_id)))

    def accepted(self, *, duplicate: bool) -> MessageAccepted:
        """The frame that accepts this request."""
        return MessageAccepted(id=self.id, conversation_id=self.conversation_id, duplicate=duplicate)

    def conflict(self) -> Conflict:
        """The refusal of a key that was used before."""
        return Conflict("This id was used before for something else; give each message an id of its own.", ref=self.id)

    def not_found(self) -> NotFound:
        """The refusal where the conversation was deleted, or the message to answer again does not exist."""
        what = "conversation" if self.message_id is None else "message in this conversation"
        return NotFound(f"There is no such {what} (any more).", ref=self.id)

    def no_parent(self) -> NotFound:
        """The refusal where the parent that was named does not exist."""
        return NotFound("parent_id takes the id of a message or reply of this conversation, or null; there is no such one.", ref=self.id)


class New(NamedTuple):
    """The id was never used; `text` is what to answer."""

    text: str


# New, the acceptance of a repetition, or a refusal.
Decision = New | MessageAccepted | ChatError


def decide_by_projection(request: Request, projection: Projection, *, complete: bool) -> Decision | None:
    """The decision where the recent past is enough for one; None: the database has to be asked.

    `complete` says that the projection holds everything of this owner, so an id that it does not know is new.
    """
    if projection.is_deleted(request.owner, request.conversation_id):
        return request.not_found()
    before = projection.recent_job(request.owner, request.id)
    if before is not None:
        return _repeated(request, request.repeats(_request_of(before)))
    if not complete:
        return None
    return request.not_found() if request.text is None else New(request.text)


def message_text(request: Request, projection: Projection) -> str | None:
    """The text of the message that a request is about, if the projection remembers it."""
    message = projection.recent_job(request.owner, request.message_id or "")
    if isinstance(message, e.MessageCreated) and message.conversation_id == request.conversation_id:
        return message.text
    return None


def decide_by_rows(request: Request, record: IdempotencyRecord | None) -> Decision:
    """The decision by what the database knows of the id; `record` is None when the database is away."""
    if record is None:
        # A new message goes on without the database; what only the database knows must wait for it.
        detail = "The database is away; ask for another reply later."
        return Busy(detail, ref=request.id, retry_after_s=5) if request.text is None else New(request.text)
    if record.conversation_deleted:
        return request.not_found()
    return _message(request, record) if request.message_id is None else _one_more_reply(request, record)


def _message(request: Request, record: IdempotencyRecord) -> Decision:
    before = record.message
    if before is not None:
        same = (before.conversation_id, before.text) == (request.conversation_id, request.text)
        return _repeated(request, same and _same_parent(before.parent_id, request.parent_id))
    if record.reply is not None:  # the id was that of one more reply
        return request.conflict()
    return New(request.text or "")


def _one_more_reply(request: Request, record: IdempotencyRecord) -> Decision:
    if record.reply is not None:
        return _repeated(request, record.reply.message_id == request.message_id)
    if request.text is not None:
        return New(request.text)
    message = record.message
    if message is None or message.conversation_id != request.conversation_id or message.role != "user":
        return request.not_found()
    return New(message.text)


def _request_of(job: e.Job) -> Request:
    if isinstance(job, e.MessageCreated):
        return Request(job.owner, job.conversation_id, job.id, job.text, parent_id=job.parent_id)
    return Request(job.owner, job.conversation_id, job.id, job.text, job.message_id)


def _same_parent(one: ParentId, other: ParentId) -> bool:
    return one is UNSET or other is UNSET or one == other


def _repeated(request: Request, same: bool) -> Decision:
    return request.accepted(duplicate=True) if same else request.conflict()
