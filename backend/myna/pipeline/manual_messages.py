"""Words: a message that somebody put on chat_queue by hand, made into a proper one. No I/O."""

from typing import Annotated
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.field_types import Id, Options, Text
from myna.protocol.ids import REPLY_NAMESPACE, reply_id_for
from myna.protocol.validation_errors import wrong

# Whoever publishes by hand and names no owner speaks as this one, in one conversation.
OPERATOR = str(uuid5(REPLY_NAMESPACE, "operator"))
TRIED_TOO_OFTEN = "It can be answered; it was tried too often."
OPERATOR_CONVERSATION = str(uuid5(UUID(OPERATOR), "conversation"))


class HandMade(BaseModel):
    """What a hand-made message may say; only `text` is needed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text
    owner: Id = OPERATOR
    conversation_id: Id = OPERATOR_CONVERSATION
    id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    options: Options | None = None


def from_hand(body: bytes) -> e.MessageCreated | None:
    """The message, or None when the body is no such thing (not JSON, wrong shape, no text)."""
    try:
        made = HandMade.model_validate_json(body)
    except ValidationError:
        return None
    return e.MessageCreated(
        owner=made.owner,
        reply_id=reply_id_for(made.owner, made.id),
        options=made.options.ordered() if made.options is not None else None,
        at=timestamps.now(),
        conversation_id=made.conversation_id,
        id=made.id,
        text=made.text,
    )


def why_not(body: bytes) -> str:
    """One sentence on why a body is neither an order nor a hand-made message."""
    try:
        e.read_job(body)
    except e.Unreadable:
        pass
    else:
        return TRIED_TOO_OFTEN
    try:
        HandMade.model_validate_json(body)
    except ValidationError as error:
        return f"{wrong(error, (HandMade,)).sentence}."
    return TRIED_TOO_OFTEN
