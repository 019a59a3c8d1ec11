"""Refusals that the server answers by itself, where no application has the request: RFC 9457, counted, each with a line in the log."""

from http import HTTPStatus

import msgspec

from myna.protocol.errors import BadRequest, ChatError, Internal, TooLarge
from myna.web.limits import Limits
from myna.web.refusals import new_request_id

Headers = list[tuple[bytes, bytes]]

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


def answer(limits: Limits, error: ChatError, address: str | None) -> tuple[Headers, bytes]:
    """Count and log a refusal of a client at this address. Its headers, which end the connection, and its body."""
    request_id = new_request_id()
    limits.refusals.refuse("http", error, request_id, address, status=error.status)
    problem = {"type": "about:blank", "title": error.code.replace("_", " "), "status": error.status, "code": error.code}
    body = msgspec.json.encode({**problem, "detail": error.detail, "request_id": request_id})
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"1"))
    return headers, body


def as_bytes(error: ChatError, headers: Headers, body: bytes) -> bytes:
    """The whole answer, for where no HTTP connection has been made yet."""
    status = b"HTTP/1.1 %d %s" % (error.status, HTTPStatus(error.status).phrase.encode())
    return b"\r\n".join([status, *(name + b": " + value for name, value in headers), b"", body])
