"""What a client receives, as typed structs: made from frames, with unknown fields passed over and unknown types left out."""

from typing import Any

import msgspec
from msgspec import UNSET

from myna.protocol.event_fields import FinishReason, ParentId
from myna.protocol.events import Call, Options, Timings
from myna.protocol.frames import Draining, ErrorFrame, MessageAccepted, Pong, Welcome

__all__ = [
    "TYPES",
    "ChatEvent",
    "ConversationDeleted",
    "ConversationUpdated",
    "Draining",
    "ErrorFrame",
    "Frame",
    "MessageAccepted",
    "MessageCreated",
    "Pong",
    "Received",
    "ReplyCompleted",
    "ReplyDelta",
    "ReplyEvent",
    "ReplyFailure",
    "ReplyStarted",
    "Welcome",
    "typed",
]  # fmt: skip

Frame = dict[str, Any]  # one JSON object as it stands on the wire


class ChatEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the owner's log. `cursor` is the place after it, `at` its time (RFC 3339, UTC, milliseconds)."""

    cursor: str
    at: str
    conversation_id: str


class MessageCreated(ChatEvent, frozen=True, kw_only=True):
    """A message was accepted, from here or from another connection of the owner; `parent_id` None is the root."""

    id: str
    text: str
    parent_id: ParentId = UNSET
    options: Options | None = None


class ReplyEvent(ChatEvent, frozen=True, kw_only=True):
    """Something about the reply `reply_id` to the message `message_id`; `attempt` counts those who made it, from 1."""

    reply_id: str
    message_id: str
    attempt: int


class ReplyStarted(ReplyEvent, frozen=True, kw_only=True):
    """A responder began. `restarted`: the text begins anew at index 0. `call`: what a client of /v1 named."""

    worker: str
    restarted: bool | None = None
    options: Options | None = None
    call: Call | None = None


class ReplyDelta(ReplyEvent, frozen=True, kw_only=True):
    """One part; `index` counts from 0 without a gap."""

    index: int
    text: str


class ReplyCompleted(ReplyEvent, frozen=True, kw_only=True):
    """The reply is whole, or was stopped; `text` is all of it."""

    parts: int
    text: str
    finish_reason: FinishReason
    timings: Timings
    rule: str | None = None


class ReplyFailure(ReplyEvent, frozen=True, kw_only=True):
    """The reply ended without an answer; `retryable`: sending the message again may help, after `retry_after_s`."""

    code: str
    detail: str
    retryable: bool
    status: int | None = None
    retry_after_s: float | None = None
    rule: str | None = None
    timings: Timings | None = None


class ConversationUpdated(ChatEvent, frozen=True, kw_only=True):
    """A conversation was renamed."""

    title: str


class ConversationDeleted(ChatEvent, frozen=True, kw_only=True):
    """A conversation was deleted, with everything in it."""


Received = (
    Welcome | MessageAccepted | ErrorFrame | Pong | Draining
    | MessageCreated | ReplyStarted | ReplyDelta | ReplyCompleted | ReplyFailure | ConversationUpdated | ConversationDeleted
)  # fmt: skip

TYPES: dict[str, type[msgspec.Struct]] = {
    "welcome": Welcome,
    "message.accepted": MessageAccepted,
    "error": ErrorFrame,
    "pong": Pong,
    "server.draining": Draining,
    "message.created": MessageCreated,
    "reply.started": ReplyStarted,
    "reply.delta": ReplyDelta,
    "reply.completed": ReplyCompleted,
    "reply.failed": ReplyFailure,
    "conversation.updated": ConversationUpdated,
    "conversation.deleted": ConversationDeleted,
}


def typed(frame: Frame) -> Received | None:
    """The struct of a frame; None for a type that this release does not know. Raises `msgspec.ValidationError` for a wrong shape."""
    kind = TYPES.get(frame["type"])
    return None if kind is None else msgspec.convert(frame, kind)  # type: ignore[return-value] # every entry is one of the union
