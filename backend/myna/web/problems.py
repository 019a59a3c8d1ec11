"""HTTP: how refusals look, whoever raised them: RFC 9457, and below /v1 as OpenAI's dialect has them. Decides nothing else."""

from http import HTTPStatus
from math import ceil

import structlog
from quart import Quart, Response, has_request_context, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.routing.exceptions import WebsocketMismatch

from myna.protocol.errors import (
    BadRequest,
    Behind,
    ChatError,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from myna.protocol.validation_errors import listed
from myna.web.openai import schema

log = structlog.get_logger()

PROBLEM = "application/problem+json"
# What the framework refuses by itself, in our words; anything else of its own is a bad request, or a fault of ours.
KINDS = {one.status: one for one in (BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, TooLarge)}
DETAILS = {404: "There is nothing at this address; /docs lists what there is."}


def register(app: Quart) -> None:
    """Every error that a route ends in is answered here."""
    app.register_error_handler(ChatError, refused)
    app.register_error_handler(Unavailable, away)
    app.register_error_handler(HTTPException, _refused_by_framework)
    app.register_error_handler(Exception, _fault)


def in_dialect() -> bool:
    """Whether this request is one of OpenAI's dialect."""
    return has_request_context() and (request.path == "/v1" or request.path.startswith("/v1/"))


async def refused(error: ChatError) -> Response:
    """A refusal as whoever asked reads it."""
    response: Response
    if in_dialect():
        response = jsonify(schema.error_body(error))
    else:
        title = error.code.replace("_", " ")
        response = jsonify({"type": "about:blank", "title": title, "status": error.status, "code": error.code, "detail": error.detail})
        response.content_type = PROBLEM
    response.status_code = error.status
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, ceil(error.retry_after_s)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def away(_: Unavailable) -> Response:
    """Broker or database can't serve now; what exactly is in the log, not here."""
    return await refused(Behind("This can't be served now; try again.", retry_after_s=5))


async def _refused_by_framework(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    kind = KINDS.get(status, BadRequest if status < HTTPStatus.INTERNAL_SERVER_ERROR else Internal)
    refusal = kind(DETAILS.get(status, kind.__doc__ or error.name))
    refusal.status = status
    if isinstance(error, WebsocketMismatch):
        refusal.detail = "/ws takes websocket upgrades and nothing else does."
    if not isinstance(error, WrongMethod):
        return await refused(refusal)
    allowed = sorted(error.valid_methods or ())
    method = request.method if has_request_context() else "A websocket upgrade"
    refusal.detail = f"{method} is not what this address takes, but {listed(allowed)}."
    response = await refused(refusal)
    response.headers["Allow"] = ", ".join(allowed)
    return response


async def _fault(error: Exception) -> Response:
    log.error("http.fault", exc_info=error)
    return await refused(Internal("Something went wrong here; the server's log knows more."))
