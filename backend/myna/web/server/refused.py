"""Refusals that the server answers by itself, where no application has the request: RFC 9457, counted, each with a line in the log."""

from collections.abc import Iterable
from http import HTTPStatus
from math import ceil

import msgspec

from myna.protocol.errors import BadRequest, ChatError, Internal, TooLarge
from myna.web.limits import Limits
from myna.web.openai import schema
from myna.web.refusals import new_request_id

Headers = list[tuple[bytes, bytes]]
Answer = tuple[Headers, bytes]
# For a page of another site (CORS), as quart-cors has them for what the application answers.
READABLE = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", b"retry-after, x-request-id"),
    (b"vary", b"origin"),
)

DETAILS = {
    400: "This is no request of HTTP/1.1 or a websocket handshake that this server takes; there is no other upgrade and no CONNECT.",
    431: "The headers of a request are too large.",
    505: "HTTP/1.1 is all that is spoken here.",
}


def of_status(status: int) -> ChatError:
    """The refusal of a request that ends in this status before anybody could look at it."""
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Internal("Something went wrong here; the server's log says what, under this request_id.")
    error = (TooLarge if status == TooLarge.status else BadRequest)(DETAILS.get(status, HTTPStatus(status).phrase))
    error.status = status
    return error


def answer(limits: Limits, error: ChatError, address: str | None, path: str = "", headers: Iterable[tuple[bytes, bytes]] = ()) -> Answer:
    """Count and log a refusal of a client at this address. Its headers, which end the connection, and its body.

    `path` and `headers` are the request's, where there is one: below /v1 the body is OpenAI's, and another site's page that may
    use this node can read it.
    """
    request_id = new_request_id()
    limits.refusals.refuse("http", error, request_id, address, status=error.status)
    is_openai = schema.is_openai_path(path)
    if is_openai:
        body = schema.error_body(error).model_dump_json().encode()
    else:
        problem = {"type": "about:blank", "title": error.code.replace("_", " "), "status": error.status, "code": error.code}
        body = msgspec.json.encode({**problem, "detail": error.detail, "request_id": request_id})
    answered = [
        (b"content-type", b"application/json" if is_openai else b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    if error.retry_after_s is not None:
        answered.append((b"retry-after", b"%d" % max(1, ceil(error.retry_after_s))))
    origin = next((value for name, value in headers if name == b"origin"), b"")
    if origin.decode("latin1") in limits.settings.allowed_origins:
        answered += [(b"access-control-allow-origin", origin), *READABLE]
    return answered, body


def as_bytes(error: ChatError, headers: Headers, body: bytes) -> bytes:
    """The whole answer, for where no HTTP connection has been made yet."""
    status = b"HTTP/1.1 %d %s" % (error.status, HTTPStatus(error.status).phrase.encode())
    return b"\r\n".join([status, *(name + b": " + value for name, value in headers), b"", body])
