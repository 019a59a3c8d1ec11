"""OpenAI's chat API below /v1, on the same queues: a request is a message of a conversation, its answer the reply's events."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any
from uuid import uuid4

from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, security_scheme, validate_response

from myna.protocol.errors import Behind, Busy, ChatError, Conflict, NotFound, Unauthorized
from myna.protocol.session import Session
from myna.web.api.requests import Handler, data_of
from myna.web.auth import token_of
from myna.web.openai import schema
from myna.web.openai.awaited_reply import AwaitedReply
from myna.web.openai.completion import CompletionWriter, sse
from myna.web.openapi.annotations import OPENAI_KEY, answers, raises
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("openai", __name__, url_prefix="/v1")

    @routes.get("/models")
    @needs_key(services)
    @validate_response(schema.Models)
    async def list_models(_: Session) -> schema.Models:
        """One model for each profile of the mock."""
        return schema.Models(object="list", data=[schema.model(name) for name in schema.models()])

    @routes.get("/models/<model>")
    @raises(schema.NoSuchModel)
    @needs_key(services)
    @validate_response(schema.Model)
    async def show_model(_: Session, model: str) -> schema.Model:
        """One of the models."""
        return schema.model(model)

    @routes.post("/chat/completions")
    @raises(schema.Fault, schema.NoSuchModel, NotFound, Conflict, Busy)
    @answers(200, "The reply.", "text/event-stream")
    @answers(422, "The reply failed for good, with the code of `reply.failed`.", "application/json")
    @document_request(schema.CompletionRequest)
    @document_response(schema.Completion)
    @needs_key(services)
    async def complete_chat(session: Session) -> schema.Completion | Response:
        """The reply to the last user message, whole or as a stream.

        Sampling, tools, `stop` and `max_tokens` are ignored; hanging up stops the reply.
        """
        if not services.relay.ready:
            raise Behind("This node is starting; try again.", retry_after_s=1)
        completion = schema.read(await data_of())
        reply = AwaitedReply(services, session, completion.frame(str(uuid4()), str(uuid4())))
        writer = CompletionWriter(completion, reply.message.text, reply.id)
        await reply.send()
        return _streamed(reply, writer) if completion.stream else writer.whole(await reply.end())

    return routes


def needs_key(services: Services) -> Callable[[Handler], Handler]:
    """Decorate a route that takes any key: the session is its first argument, and without a key the answer is 401.

    Our own tokens stand for their owner, any other key for a new one. The cookie counts for nothing, so no other site's page
    can send requests for somebody.
    """

    def decorate(handler: Handler) -> Handler:
        @security_scheme([OPENAI_KEY])
        @wraps(handler)
        async def with_session(**arguments: Any) -> Any:
            key = token_of(request.headers, {})
            if not key:
                detail = "This needs a key: `Authorization: Bearer` and your session's token, or any other text for a fresh owner."
                raise Unauthorized(detail)
            return await handler(services.sessions.read(key) or services.sessions.create(), **arguments)

        return with_session

    return decorate


def _streamed(reply: AwaitedReply, writer: CompletionWriter) -> Response:
    response = Response(_events(reply, writer), content_type="text/event-stream")
    response.timeout = None  # a reply takes as long as it takes
    response.headers.update({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
    return response


async def _events(reply: AwaitedReply, writer: CompletionWriter) -> AsyncIterator[bytes]:
    yield writer.chunk({"role": "assistant", "content": ""})
    begun = False
    try:
        async with aclosing(reply.frames()) as frames:
            async for frame in frames:
                if frame is None:
                    yield b": still here\n\n"
                elif frame["type"] == "reply.delta":
                    begun = True
                    yield writer.chunk({"content": frame["text"]})
                elif frame["type"] == "reply.completed":
                    for event in writer.end(frame):
                        yield event
                elif frame["type"] == "reply.failed":
                    raise schema.failure(frame)
                elif begun and frame.get("restarted"):
                    raise Behind("The reply begins anew, which a stream can't express; send the request again.")
    except ChatError as error:
        yield sse(schema.error_body(error).model_dump())
