"""What the routes below /v1 share: the key, the message that is sent, and its reply whole or as a stream."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import wraps
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from quart import Response, request
from quart_schema import security_scheme

from myna.pipeline.mock_setups import MockSetups
from myna.protocol import timestamps
from myna.protocol.errors import Behind, ChatError, Unauthorized
from myna.protocol.session import Session
from myna.web.api.requests import Handler
from myna.web.auth import token_of
from myna.web.openai import schema, wire_failures
from myna.web.openai.awaited_reply import AwaitedReply
from myna.web.openai.completion import Frame
from myna.web.openai.requests import CompletionRequest
from myna.web.openapi.annotations import OPENAI_KEY
from myna.web.server.tcp_server import LimitedTCPServer, connection_of
from myna.web.services import Services


class Writer(Protocol):
    """Turns a reply's frames into the answer of one route."""

    def whole(self, frame: Frame) -> Any:
        """The answer in one piece, from `reply.completed`."""

    def part(self, text: str) -> Iterator[bytes]:
        """The stream's events for one more part."""

    def end(self, frame: Frame) -> Iterator[bytes]:
        """The last events of the stream, from `reply.completed`."""

    def failed(self, error: ChatError) -> bytes:
        """The event of a failure after the first part."""


async def answer(services: Services, session: Session, completion: CompletionRequest, writer_for: Callable[[str], Writer]) -> Any:
    """Send the request's message and answer with its reply, whole or as a stream; `writer_for` makes a writer for the reply's id."""
    if not services.relay.ready:
        raise Behind("This node is starting; try again.", retry_after_s=1)
    headers = {name.lower(): value for name, value in request.headers.items()}
    settings = services.settings
    setup = await _setup(services.mock_setups, session.owner)
    profile = schema.profile_of(completion.model, services.brain, setup.get("rules"), strict=settings.openai_strict_models)
    frame = completion.frame(str(uuid4()), headers, setup, profile=profile, seeded=settings.mock_seed is None)
    if not completion.names_conversation:  # a conversation that begins here is known in full
        session = replace(session, born_ms=timestamps.now_ms())
    reply = AwaitedReply(services, session, frame)
    writer = writer_for(reply.id)
    tcp = connection_of(request.scope["state"])
    await reply.send()
    if completion.stream:
        return await _streamed(reply, writer, tcp)
    end = await reply.end()
    if not wire_failures.is_wire_failure(end):
        return writer.whole(end)
    begun = writer.whole({**end, "finish_reason": "stop"}) if end["text"] else None
    return await wire_failures.whole_answer(tcp, end["code"], begun.model_dump_json().encode() if begun else b"")


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


async def _setup(setups: MockSetups, owner: str) -> dict[str, Any]:
    """What this owner set the mock AI to, as a request carries it; a queued failure is this request's from now on."""
    rules, failure = setups.rules(owner), await setups.take_failure(owner)
    setup = {"rules": rules, "failure": None if failure is None else msgspec.json.decode(failure)}
    return {name: value for name, value in setup.items() if value is not None}


async def _streamed(reply: AwaitedReply, writer: Writer, tcp: LimitedTCPServer) -> Response:
    """The answer once the first part or the end is there, so that a failure before it has a status of its own."""
    frames = reply.frames()
    try:
        first = await anext(frames)
        while first is None or first["type"] not in ("reply.delta", "reply.completed", "reply.failed"):
            first = await anext(frames)
        if wire_failures.is_wire_failure(first):
            await frames.aclose()
            return await wire_failures.empty_stream(tcp, first["code"])
        if first["type"] == "reply.failed":
            raise schema.failure(first)
    except BaseException:
        await frames.aclose()
        raise
    response = Response(_events(first, frames, writer, tcp), content_type="text/event-stream")
    response.timeout = None  # a reply takes as long as it takes
    response.headers.update({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
    return response


async def _events(first: Frame, rest: AsyncGenerator[Frame | None, None], writer: Writer, tcp: LimitedTCPServer) -> AsyncIterator[bytes]:
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
            if wire_failures.is_wire_failure(frame):
                async for event in wire_failures.end_of_stream(tcp, frame["code"]):
                    yield event
                return
            if frame["type"] == "reply.failed":
                raise schema.failure(frame)
            for event in writer.end(frame):
                yield event
        except ChatError as error:
            yield writer.failed(error)
