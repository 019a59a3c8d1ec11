"""What a handler knows of the costs of the request that it answers."""

from collections.abc import Sequence
from http import HTTPStatus

from quart import request

from myna.protocol.errors import BadRequest, ChatError
from myna.protocol.views import MessageView
from myna.web.limits import Limits
from myna.web.server.request_stream import STREAM, RequestStream


def hold_texts(views: Sequence[MessageView]) -> None:
    """Count these texts, of which the answer to this request is made, until it has been sent. Raises `RateLimited` or `Busy`."""
    stream: RequestStream | None = request.scope.get("state", {}).get(STREAM)
    if stream is not None:
        stream.hold_bytes(sum(len(view.text) for view in views))


def late_body() -> ChatError:
    """Count this request's body as one that was not there in time; what refuses it."""
    error = BadRequest("The body of this request did not come in time (CHAT_BODY_S).")
    error.status = HTTPStatus.REQUEST_TIMEOUT
    stream: RequestStream | None = request.scope.get("state", {}).get(STREAM)
    if stream is not None:
        stream.limits.count("body_time")
    return error


def address(limits: Limits) -> str | None:
    """The key of the address that the request comes from; None where it has no limit."""
    client = request.scope.get("client")
    return limits.client(str(client[0]) if client else "", ",".join(request.headers.getlist("X-Forwarded-For")))
