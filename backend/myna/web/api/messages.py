"""POST /api/messages: send a message without a socket; the same path as `message.send`."""

import asyncio
from typing import Annotated
from uuid import uuid4

from pydantic import Field
from quart import Blueprint
from quart_schema import validate_response

from myna.pipeline.submissions import Submissions
from myna.protocol.errors import Busy, ChatError, Conflict, NotFound
from myna.protocol.field_types import Id, Options, Strict, Text
from myna.protocol.frames import MessageAccepted, MessageSend
from myna.protocol.session import Session
from myna.web.api.models import Answer
from myna.web.api.requests import needs_session, validate_body
from myna.web.brain_options import with_rules
from myna.web.openapi.annotations import raises
from myna.web.services import Services
from myna.web.validation import check_options


class NewMessage(Strict):
    """A message to send; ids are made where they are missing. `parent_id`: what it follows, as in `message.send`."""

    id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    conversation_id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    text: Text
    parent_id: Id | None = Field(default_factory=lambda: None)  # as in `message.send`
    options: Options | None = None

    def frame(self) -> MessageSend:
        """The same as a frame."""
        parent = {"parent_id": self.parent_id} if "parent_id" in self.model_fields_set else {}
        return MessageSend(
            type="message.send", id=self.id, conversation_id=self.conversation_id, text=self.text, options=self.options, **parent
        )


class Accepted(Answer):
    """The message will be answered and stored."""

    id: str
    conversation_id: str
    duplicate: bool


async def accept(submissions: Submissions, session: Session, frame: MessageSend) -> MessageAccepted:
    """Send a message and wait until it is accepted. Raises the `ChatError` that it was rejected with."""
    answer: asyncio.Future[MessageAccepted | ChatError] = asyncio.get_running_loop().create_future()
    submissions.submit(session, frame, lambda result: None if answer.done() else answer.set_result(result), lambda: not answer.done())
    result = await answer
    if isinstance(result, ChatError):
        raise result
    return result


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("messages", __name__)

    @routes.post("/api/messages")
    @raises(Conflict, NotFound, Busy)
    @needs_session(services)
    @validate_body(NewMessage)
    @validate_response(Accepted, 202)
    async def create_message(session: Session, data: NewMessage) -> tuple[Accepted, int]:
        """Send a message, as `message.send` does; answered after the broker's confirm."""
        rules = services.mock_setups.rules(session.owner)
        check_options(services.brain, data.options, rules, data.id)
        accepted = await accept(services.submissions, session, with_rules(data.frame(), rules))
        return Accepted.model_validate(accepted), 202

    return routes
