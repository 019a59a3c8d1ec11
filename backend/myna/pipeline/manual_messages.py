"""Messages that an operator publishes to chat_queue by hand, such as `{"text": "hello"}`, made into proper ones."""

from typing import Annotated
from uuid import UUID, uuid4, uuid5

from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.protocol import log_codec, timestamps
from myna.protocol.field_types import Id, Options, Text
from myna.protocol.ids import REPLY_NAMESPACE, reply_id_for
from myna.protocol.jobs import MessageJob
from myna.protocol.validation_errors import wrong

# A manual message that names no owner or conversation belongs to these.
OPERATOR = str(uuid5(REPLY_NAMESPACE, "operator"))
OPERATOR_CONVERSATION = str(uuid5(UUID(OPERATOR), "conversation"))
TRIED_TOO_OFTEN = "It can be answered; it was tried too often."


class ManualMessage(BaseModel):
    """The body of a manual message; only `text` is needed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text
    owner: Id = OPERATOR
    conversation_id: Id = OPERATOR_CONVERSATION
    id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    parent_id: Id | None = Field(default_factory=lambda: None)  # as in `message.send`
    options: Options | None = None


def read_manual_message(body: bytes) -> MessageJob | None:
    """The message in a delivery's body; None where the body is not one (not JSON, wrong shape, no text)."""
    try:
        message = ManualMessage.model_validate_json(body)
    except ValidationError:
        return None
    return MessageJob(
        owner=message.owner,
        reply_id=reply_id_for(message.owner, message.id),
        options=message.options.ordered() if message.options is not None else None,
        at=timestamps.now(),
        conversation_id=message.conversation_id,
        id=message.id,
        text=message.text,
        parent_id=message.parent_id if "parent_id" in message.model_fields_set else UNSET,
    )


def why_dead_lettered(body: bytes) -> str:
    """One sentence on why this body of a dead letter could not be answered."""
    try:
        log_codec.read_job(body)
    except log_codec.Unreadable:
        pass
    else:
        return TRIED_TOO_OFTEN
    try:
        ManualMessage.model_validate_json(body)
    except ValidationError as error:
        return f"{wrong(error, (ManualMessage,)).sentence}."
    return TRIED_TOO_OFTEN
