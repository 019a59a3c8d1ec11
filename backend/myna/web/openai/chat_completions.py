"""OpenAI's chat API below /v1, on the same queues: a request is a message of a conversation, its answer the reply's events."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import wraps
from typing import Any
from uuid import uuid4

from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, security_scheme, validate_response

from myna.protocol import timestamps
from myna.protocol.errors import Behind, Busy, ChatError, Conflict, NotFound, Unauthorized
from myna.protocol.session import Session
from myna.web.api.requests import Handler, data_of
from myna.web.auth import token_of
from myna.web.openai import requests, schema
from myna.web.openai.awaited_reply import AwaitedReply
from myna.web.openai.completion import CompletionWriter, Frame, sse
from myna.web.openapi.annotations import OPENAI_KEY, answers, raises
from myna.web.services import Services

# What the official clients send with a request, and a browser asks to be allowed.
CLIENT_HEADERS = (
    "idempotency-key", "openai-beta", "openai-organization", "openai-project", "x-stainless-arch", "x-stainless-async",
    "x-stainless-custom-poll-interval", "x-stainless-helper-method", "x-stainless-lang", "x-stainless-os",
    "x-stainless-package-version", "x-stainless-poll-helper", "x-stainless-read-timeout", "x-stainless-retry-count",
    "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-timeout",
)  # fmt: skip


def is_openai_path(path: str) -> bool:
    """Whether this path is one below /v1."""
    return path == "/v1" or path.startswith("/v1/")


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
    @document_request(requests.CompletionRequest)
    @document_response(schema.Completion)
    @needs_key(services)
    async def complete_chat(session: Session) -> schema.Completion | Response:
        """The reply to the last user message, whole or as a stream.

        A reply that fails before its first part is an error with a status of its own, streamed requests too. Sampling
        options are ignored; hanging up stops the reply.
        """
        return await _complete(services, session, requests.read(await data_of()))

    @routes.after_app_request
    async def name_request(response: Response) -> Response:
        if is_openai_path(request.path):
            response.headers.setdefault("x-request-id", f"req_{uuid4().hex}")
        return response

    return routes


async def _complete(services: Services, session: Session, completion: requests.CompletionRequest) -> schema.Completion | Response:
    if not services.relay.ready:
        raise Behind("This node is starting; try again.", retry_after_s=1)
    headers = {name.lower(): value for name, value in request.headers.items()}
    settings = services.settings
    frame = completion.frame(
        str(uuid4()), str(uuid4()), headers, strict_models=settings.openai_strict_models, seeded=settings.mock_seed is None
    )
    if not completion.names_conversation:  # a conversation that begins here is known in full
        session = replace(session, born_ms=timestamps.now_ms())
    reply = AwaitedReply(services, session, frame)
    writer = CompletionWriter(completion, reply.id)
    await reply.send()
    return await _streamed(reply, writer) if completion.stream else writer.whole(await reply.end())


def needs_key(services: Services) -> Callable[[Handler], Handler]:
    """Decorate a route that takes any key: the session is its first argument, and without a key the answer is 401.

    Our own tokens stand for their owner, any other key for one of its own, the same on every node. The cookie counts for
    nothing, so no other site's page can send requests for somebody.
    """

    def decorate(handler: Handler) -> Handler:
        @security_scheme([OPENAI_KEY])
        @wraps(handler)
        async def with_session(**arguments: Any) -> Any:
            key = token_of(request.headers, {})
            if not key:
                detail = "This needs a key: `Authorization: Bearer` and your session's token, or any text, each an owner of its own."
                raise Unauthorized(detail)
            return await handler(services.sessions.read(key) or services.sessions.for_key(key), **arguments)

        return with_session

    return decorate


async def _streamed(reply: AwaitedReply, writer: CompletionWriter) -> Response:
    """The answer once the first part or the end is there, so that a failure before it has a status of its own."""
    frames = reply.frames()
    try:
        first = await anext(frames)
        while first is None or first["type"] not in ("reply.delta", "reply.completed", "reply.failed"):
            first = await anext(frames)
        if first["type"] == "reply.failed":
            raise schema.failure(first)
    except BaseException:
        await frames.aclose()
        raise
    response = Response(_events(first, frames, writer), content_type="text/event-stream")
    response.timeout = None  # a reply takes as long as it takes
    response.headers.update({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
    return response


async def _events(first: Frame, rest: AsyncGenerator[Frame | None, None], writer: CompletionWriter) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        frame: Frame | None = first
        try:
            while frame is None or frame["type"] not in ("reply.completed", "reply.failed"):
                if frame is None:
                    yield b": still here\n\n"
                elif frame["type"] == "reply.delta":
                    for event in writer.part(frame["text"]):
                        yield event
                elif frame.get("restarted"):
                    raise Behind("The reply begins anew, which a stream can't express; send the request again.")
                frame = await anext(rest)
            if frame["type"] == "reply.failed":
                raise schema.failure(frame)
            for event in writer.end(frame):
                yield event
        except ChatError as error:
            yield sse(schema.error_body(error).model_dump())
