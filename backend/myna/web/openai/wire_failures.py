"""Plays the failures that an HTTP client meets in the bytes it gets: cut off, reset, unreadable, without an end.

The brain decides which, as of any failure: `reply.failed` has one of `WIRE_FAILURES` as its code.
"""

import asyncio
from collections.abc import AsyncIterator

from quart import Response

from myna.mock_ai.failures import WIRE_FAILURES
from myna.web.openai.completion import Frame
from myna.web.server.tcp_server import LimitedTCPServer

# Begins like any event, and is no JSON.
BROKEN_EVENT = b'data: {"id":"broken","object":\n\n'
ENDS_CONNECTION = ("connection_cut", "connection_reset", "stalled")


def is_wire_failure(frame: Frame) -> bool:
    """Whether a reply ended in such a failure."""
    return frame["type"] == "reply.failed" and frame["code"] in WIRE_FAILURES


async def whole_answer(tcp: LimitedTCPServer, code: str, body: bytes) -> Response:
    """Half of the answer, in JSON, that there would have been; only `connection_cut` keeps its length. Empty: nothing was said."""
    if code in ENDS_CONNECTION and (code != "connection_cut" or not body):
        await _hang_up(tcp, code)
    half = body[: len(body) // 2]
    if code != "connection_cut":
        return Response(half, content_type="application/json")
    response = Response(_then_hang_up(tcp, code, half), content_type="application/json")
    response.headers["Content-Length"] = str(len(body))
    return response


async def end_of_stream(tcp: LimitedTCPServer, code: str) -> AsyncIterator[bytes]:
    """What a stream ends with instead of its last events."""
    if code in ENDS_CONNECTION:
        await _hang_up(tcp, code)
    if code == "broken_event":
        yield BROKEN_EVENT


async def empty_stream(tcp: LimitedTCPServer, code: str) -> Response:
    """The answer to a streamed request whose reply failed like this before its first part."""
    if code in ENDS_CONNECTION:
        await _hang_up(tcp, code)
    return Response(end_of_stream(tcp, code), content_type="text/event-stream")


async def _then_hang_up(tcp: LimitedTCPServer, code: str, data: bytes) -> AsyncIterator[bytes]:
    yield data
    await _hang_up(tcp, code)


async def _hang_up(tcp: LimitedTCPServer, code: str) -> None:
    """End the connection; the server cancels the request when it sees that."""
    tcp.hang_up(reset=code == "connection_reset")
    await asyncio.Event().wait()
