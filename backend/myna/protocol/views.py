"""Conversations and messages as people read them, whether they come from Postgres or from a window of the log."""

from typing import Literal

from myna.protocol.event_fields import ParentId, WireStruct
from myna.protocol.events import Options, Timings

Role = Literal["user", "assistant"]
Status = Literal["waiting", "streaming", "complete", "stopped", "failed"]
PREVIEW_LIMIT = 120  # characters of the last thing said, for lists


class ReplyError(WireStruct, frozen=True):
    """Why there is no reply."""

    code: str
    detail: str
    retryable: bool


class MessageView(WireStruct, frozen=True):
    """One thing said. The fields from `message_id` to `error` are a reply's only."""

    owner: str
    conversation_id: str
    id: str  # of a reply: its reply_id
    role: Role
    text: str
    status: Status
    created_at: str  # RFC 3339; of a reply: when it was started (or ended, if it never was)
    message_id: str | None = None
    attempt: int | None = None
    parts: int | None = None
    finish_reason: Literal["stop", "length", "stopped"] | None = None
    timings: Timings | None = None
    worker: str | None = None
    error: ReplyError | None = None
    stored_at: str | None = None  # when Postgres had it
    # What it follows; of a reply, its message. Unset where only the database knows the newest reply, which it follows then.
    parent_id: ParentId = None
    options: Options | None = None  # as the client said them


class ConversationView(WireStruct, frozen=True):
    """One line of the conversation list."""

    owner: str
    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int  # things said by either side
    preview: str


class SearchHit(WireStruct, frozen=True):
    """A message, or the title of a conversation, that holds what was searched for.

    Matches stand between <mark> and </mark> in the snippet. Of a title, `message_id`, `id`, `role` and `created_at` are those
    of what was said last in the conversation.
    """

    conversation_id: str
    title: str  # of the conversation
    message_id: str  # the message that it is shown under: of a reply, the one it answers
    id: str  # the message or reply itself
    role: Role
    snippet: str
    created_at: str
    in_title: bool | None = None  # True: the title matches, and is the snippet


def preview_of(text: str) -> str:
    """The start of a text on one line."""
    return " ".join(text[: PREVIEW_LIMIT * 2].split())[:PREVIEW_LIMIT]
