"""Models that several HTTP answers are made of, and what all of them have in common."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from myna.protocol.event_fields import FinishReason
from myna.protocol.views import Status


class Answer(BaseModel):
    """What a route answers: made from an object's attributes (`model_validate(view)`), written as a JSON object."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def absent() -> Any:
    """The default of a field that is left out of the JSON where it is None, rather than written as null."""
    return Field(default=None, exclude_if=lambda value: value is None)


class Timings(Answer):
    """A reply's milliseconds: accepted → picked up, picked up → first part, accepted → end."""

    queued_ms: int
    first_part_ms: int | None = absent()
    total_ms: int


class ReplyError(Answer):
    """Why there is no reply."""

    code: str
    detail: str
    retryable: bool


class Options(Answer):
    """How replies were to be made, as the client said it."""

    profile: str | None = absent()
    seed: int | None = absent()
    scenario: str | None = absent()


class UserItem(Answer):
    """A message of a person, and what it follows: a message or reply, or null at the root."""

    id: str
    role: Literal["user"]
    text: str
    status: Status
    created_at: str
    parent_id: str | None
    options: Options | None = absent()
    stored_at: str | None = absent()


class AssistantItem(Answer):
    """A reply to the message `message_id`, which is its `parent_id` too."""

    id: str
    role: Literal["assistant"]
    text: str
    status: Status
    created_at: str
    message_id: str
    parent_id: str
    options: Options | None = absent()
    attempt: int
    parts: int
    finish_reason: FinishReason | None = absent()
    timings: Timings | None = absent()
    worker: str | None = absent()
    error: ReplyError | None = absent()
    stored_at: str | None = absent()


MessageItem = Annotated[UserItem | AssistantItem, Field(discriminator="role")]
MESSAGE: TypeAdapter[UserItem | AssistantItem] = TypeAdapter(MessageItem)
