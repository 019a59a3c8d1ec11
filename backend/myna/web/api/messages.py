"""HTTP: /api/messages — say something without a socket; the same way in as `message.send`."""

import asyncio
from typing import Annotated
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, jsonify

from myna.pipeline.submissions import Submissions
from myna.protocol.errors import ChatError
from myna.protocol.field_types import Id, Options, Text
from myna.protocol.frames import MessageAccepted, MessageSend
from myna.protocol.session import Session
from myna.web.api.requests import body_of, session_of
from myna.web.services import Services
from myna.web.validation import check_options


class NewMessage(BaseModel):
    """The body; ids are made where they are missing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    conversation_id: Annotated[Id, Field(default_factory=lambda: str(uuid4()))]
    text: Text
    options: Options | None = None

    def frame(self) -> MessageSend:
        """The same as a frame."""
        return MessageSend(type="message.send", id=self.id, conversation_id=self.conversation_id, text=self.text, options=self.options)


async def accept(submissions: Submissions, session: Session, frame: MessageSend) -> MessageAccepted:
    """Send a message and wait until it is accepted. Raises the `ChatError` it was refused with."""
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
    async def create_message() -> Response:
        """202 after the broker's confirm."""
        session = session_of(services)
        message = await body_of(NewMessage)
        check_options(services.brain, message.options, message.id)
        accepted = await accept(services.submissions, session, message.frame())
        response: Response = jsonify({"id": accepted.id, "conversation_id": accepted.conversation_id, "duplicate": accepted.duplicate})
        response.status_code = 202
        return response

    return routes
