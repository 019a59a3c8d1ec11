"""How errors look over HTTP, whoever raised them: RFC 9457, and below /v1 OpenAI's error object."""

from http import HTTPStatus
from math import ceil
from typing import Literal

import structlog
from pydantic import ValidationError
from quart import Quart, Response, current_app, has_request_context, jsonify, request
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, QuerystringValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.routing.exceptions import WebsocketMismatch

from myna.protocol.errors import (
    BadRequest,
    Behind,
    ChatError,
    Forbidden,
    Internal,
    InvalidFrame,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from myna.protocol.validation_errors import listed, wrong
from myna.web.api.models import Answer
from myna.web.openai import schema
from myna.web.request_log import refused_with, request_id

log = structlog.get_logger()

PROBLEM = "application/problem+json"
# The framework's own errors by status, as ours; any other is a bad request, or an internal error.
KINDS = {one.status: one for one in (BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, TooLarge)}
DETAILS = {404: "There is nothing at this address; /docs lists what there is."}


class Problem(Answer):
    """An error (RFC 9457); `code` is one of the error codes, `detail` a sentence for people, `request_id` finds it in the log."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str
    detail: str
    request_id: str


def register(app: Quart) -> None:
    """Answer every error that a route ends in."""
    app.register_error_handler(ChatError, problem)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(QuerystringValidationError, _invalid_query)
    app.register_error_handler(HTTPException, _framework_error)
    app.register_error_handler(Exception, _internal)


def is_openai_request() -> bool:
    """Whether this request is one to the OpenAI-compatible routes."""
    return has_request_context() and schema.is_openai_path(request.path)


async def problem(error: ChatError) -> Response:
    """An error as the client reads it."""
    refused_with(error)
    response: Response
    if is_openai_request():
        response = jsonify(schema.error_body(error).model_dump())
    else:
        title = error.code.replace("_", " ")
        body = Problem(type="about:blank", title=title, status=error.status, code=error.code, detail=error.detail, request_id=request_id())
        response = jsonify(body.model_dump())
        response.content_type = PROBLEM
    response.status_code = error.status
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, ceil(error.retry_after_s)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _unavailable(_: Unavailable) -> Response:
    # Broker or database can't serve now; what exactly is in the log, not here.
    return await problem(Behind("This can't be served now; try again.", retry_after_s=5))


async def _invalid_query(error: QuerystringValidationError) -> Response:
    model = getattr(current_app.view_functions[request.endpoint or ""], QUART_SCHEMA_QUERYSTRING_ATTRIBUTE)
    assert isinstance(error.validation_error, ValidationError)
    return await problem(InvalidFrame(f"{wrong(error.validation_error, (model,)).sentence}."))


async def _framework_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    kind = KINDS.get(status, BadRequest if status < HTTPStatus.INTERNAL_SERVER_ERROR else Internal)
    ours = kind(DETAILS.get(status, kind.__doc__ or error.name))
    ours.status = status
    if isinstance(error, WebsocketMismatch):
        ours.detail = "/ws takes websocket upgrades and nothing else does."
    if not isinstance(error, WrongMethod):
        return await problem(ours)
    allowed = sorted(error.valid_methods or ())
    method = request.method if has_request_context() else "A websocket upgrade"
    ours.detail = f"{method} is not what this address takes, but {listed(allowed)}."
    response = await problem(ours)
    response.headers["Allow"] = ", ".join(allowed)
    return response


async def _internal(error: Exception) -> Response:
    log.error("http.internal_error", exc_info=error)
    return await problem(Internal("Something went wrong here; the server's log says what, under this request_id."))
