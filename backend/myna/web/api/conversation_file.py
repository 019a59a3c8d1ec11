"""The file of an exported conversation: what an import takes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from myna.protocol.errors import InvalidFrame
from myna.protocol.event_fields import FinishReason
from myna.protocol.field_types import Id, Options, Storable, Strict, Text, Title
from myna.protocol.views import Status

ITEMS_LIMIT = 2_000  # messages and replies of one import: about what a node under full load takes in a second
REPLY_LIMIT = 32_768  # characters of one reply: the longest that the mock makes
DAY_MS = 24 * 60 * 60 * 1000


Time = Annotated[str, StringConstraints(max_length=40)]  # not read back
Sentence = Annotated[Storable, StringConstraints(max_length=500)]
Ms = Annotated[int, Field(ge=0, le=DAY_MS)]


class ExportedAbout(Strict):
    """The conversation without its messages. Only the title comes back: id and times are made anew."""

    id: Id
    title: Title
    created_at: Time | None = None
    updated_at: Time | None = None


class ExportedMessage(Strict):
    """A message of a person. One without any reply in the file comes back with a failed one, to be tried again.

    It follows a message or reply above it, or null at the root; left out, it follows the reply above it.
    """

    id: Id
    role: Literal["user"]
    text: Text
    status: Status = "complete"
    parent_id: Id | None = Field(default_factory=lambda: None)
    options: Options | None = None
    created_at: Time | None = None
    stored_at: Time | None = None


class ExportedTimings(Strict):
    """A reply's milliseconds, each a day at most."""

    queued_ms: Ms = 0
    first_part_ms: Ms | None = None
    total_ms: Ms = 0


class ExportedError(Strict):
    """Why a reply failed."""

    code: Sentence = "failed"
    detail: Sentence = "No reason was given."
    retryable: bool = True


class ExportedReply(Strict):
    """One reply to a message above it; it comes back as one part. One that was still being made comes back as failed."""

    id: Id
    role: Literal["assistant"]
    message_id: Id
    text: Annotated[Storable, StringConstraints(max_length=REPLY_LIMIT)]
    status: Status
    parent_id: Id | None = None
    options: Options | None = None
    attempt: Annotated[int, Field(ge=0, le=1_000)] = 0
    parts: Annotated[int, Field(ge=0)] = 0
    finish_reason: FinishReason | None = None
    timings: ExportedTimings = ExportedTimings()
    worker: Annotated[Storable, StringConstraints(max_length=200)] | None = None
    error: ExportedError = ExportedError()
    created_at: Time | None = None
    stored_at: Time | None = None


class ExportedConversation(Strict):
    """A conversation as `export?format=json` writes it."""

    schema_: Literal["myna.conversation/1"] = Field(alias="schema")
    exported_at: Time | None = None
    conversation: ExportedAbout
    messages: Annotated[
        list[Annotated[ExportedMessage | ExportedReply, Field(discriminator="role")]],
        Field(min_length=1, max_length=ITEMS_LIMIT, fail_fast=True),
    ]


def check(document: ExportedConversation) -> None:
    """The rules between the messages: each id once, each below what it follows. Raises `InvalidFrame`, which names the place."""
    seen: set[str] = set()
    messages: set[str] = set()
    for place, item in enumerate(document.messages):
        if item.id in seen:
            raise InvalidFrame(f"messages.{place}.id: stands in an item above too; each takes an id of its own.")
        if isinstance(item, ExportedMessage):
            messages.add(item.id)
            if item.parent_id is not None and item.parent_id not in seen:
                raise InvalidFrame(f"messages.{place}.parent_id: takes the id of a message or reply above it, or null.")
        elif item.message_id not in messages:
            raise InvalidFrame(f"messages.{place}.message_id: takes the id of a message above it.")
        elif item.parent_id not in (None, item.message_id):
            raise InvalidFrame(f"messages.{place}.parent_id: of a reply, takes its message_id.")
        seen.add(item.id)
