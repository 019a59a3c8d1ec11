"""HTTP: who asks, and with what — credentials, bodies, query values. Knows no resource, and not how refusals look."""

from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError
from quart import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from myna.protocol.errors import InvalidFrame, NotFound, TooLarge, Unauthorized
from myna.protocol.events import WireStruct
from myna.protocol.field_types import Id
from myna.protocol.session import Session
from myna.web.auth import COOKIE, check_origin, token_of
from myna.web.services import Services
from myna.web.validation import refusal

COOKIE_AGE = timedelta(days=400)  # the longest that browsers keep one
PAGE_LIMIT = 200
_ID: TypeAdapter[str] = TypeAdapter(Id)
M = TypeVar("M", bound=BaseModel)


def session_of(services: Services) -> Session:
    """The session of this request. Raises `Unauthorized`; a write by cookie from a foreign page ends in 403."""
    token = token_of(request.headers, request.cookies)
    session = services.sessions.read(token) if token is not None else None
    if session is None:
        if token is not None:
            raise Unauthorized("This token is not valid here; get a new one by POST /api/session.")
        raise Unauthorized("This needs a session: POST /api/session, then send its cookie or `Authorization: Bearer`.")
    if request.method not in ("GET", "HEAD") and "Authorization" not in request.headers:
        check_origin(request.headers, services.settings.allowed_origins)
    return session


async def body_of(model: type[M]) -> M:
    """The request's JSON body. Raises `InvalidFrame`, `InvalidText` or `TooLarge`, which name what is wrong."""
    data = await data_of()
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise refusal(error, data, (model,)) from None


async def data_of() -> str | bytes:
    """The request's body as it came. Raises `TooLarge`, which says how much is taken."""
    try:
        return await request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge(f"A body holds at most {request.max_content_length} bytes here.") from None


def id_of(text: str, what: str) -> str:
    """A UUID out of the path. One that is none is not found."""
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise NotFound(f"There is no such {what}.") from None


def limit_of(default: int = 50) -> int:
    """`limit` of a list, 1 to 200."""
    text = request.args.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= PAGE_LIMIT):
        raise InvalidFrame(f"limit takes a whole number from 1 to {PAGE_LIMIT}.")
    return int(text)


def with_cookie(response: Response, session: Session) -> Response:
    """Remember the session in the browser."""
    secure = request.scheme == "https" or request.headers.get("X-Forwarded-Proto") == "https"
    response.set_cookie(COOKIE, session.token, max_age=COOKIE_AGE, httponly=True, samesite="Strict", path="/", secure=secure)
    return response


def shown(view: WireStruct, *hidden: str) -> dict[str, Any]:
    """A view as JSON, without what is absent and what is nobody's business."""
    return {name: value for name, value in msgspec.to_builtins(view).items() if name not in hidden}
