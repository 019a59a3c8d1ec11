"""What the HTTP routes share: the caller's session, JSON bodies, ids in paths and the query of a page."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from quart import Quart, Response, current_app, request
from quart_schema import document_request, security_scheme
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from myna.protocol.errors import InvalidFrame, NotFound, TooLarge, Unauthorized
from myna.protocol.field_types import Id
from myna.protocol.session import Session
from myna.protocol.validation_errors import shown_name
from myna.slices import sliced
from myna.web.auth import check_origin, token_of
from myna.web.large_body import parse_body
from myna.web.request_costs import late_body
from myna.web.services import Services
from myna.web.validation import refusal

PAGE_LIMIT = 200  # items: of messages some 100 KB of JSON
SEARCH_LIMIT = 500  # characters of a search; a store looks at 16 words and no more
_ID: TypeAdapter[str] = TypeAdapter(Id)
M = TypeVar("M", bound=BaseModel)
Handler = Callable[..., Awaitable[Any]]

SearchWords = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SEARCH_LIMIT),
    Field(description='words (the last may be a beginning), "a phrase", -without'),
]
Before = Annotated[str, Field(description="the `next` of an earlier page")]
AtLeast = Annotated[str, Field(description="a cursor: answer with a state that includes everything up to it")]


class Query(BaseModel):
    """A route's query parameters; others are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Query):
    """Which page of a list, and how fresh."""

    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT, description="items on a page")] = 50
    before: Before | None = None
    at_least: AtLeast | None = None


def register(app: Quart) -> None:
    """End requests below /api in 400 where they have query parameters and the route takes none."""

    @app.before_request
    async def check_query() -> None:
        if request.args and request.path.startswith("/api/") and request.endpoint is not None:
            view = current_app.view_functions[request.endpoint]
            if not hasattr(view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE):
                name = shown_name(next(iter(request.args)))
                raise InvalidFrame(f"{name} is not known: this address takes no query parameters.")


def needs_session(services: Services) -> Callable[[Handler], Handler]:
    """Decorate a route that serves one owner: the session is its first argument, and without one the answer is 401."""

    def decorate(handler: Handler) -> Handler:
        @security_scheme([{"token": []}, {"cookie": []}])
        @wraps(handler)
        async def with_session(**arguments: Any) -> Any:
            return await handler(session_of(services), **arguments)

        return with_session

    return decorate


def needs_key_or_session(services: Services) -> Callable[[Handler], Handler]:
    """The same for a route that any key opens too, as below /v1: our tokens stand for their owner, other keys for one of their own."""

    def decorate(handler: Handler) -> Handler:
        @security_scheme([{"key": []}, {"token": []}, {"cookie": []}])
        @wraps(handler)
        async def with_session(**arguments: Any) -> Any:
            key = token_of(request.headers, {})
            session = services.sessions.read(key) or services.sessions.for_key(key) if key else session_of(services)
            return await handler(session, **arguments)

        return with_session

    return decorate


def session_of(services: Services) -> Session:
    """The session of this request. Raises `Unauthorized`, or `Forbidden` for a write by cookie from another site's page."""
    token = token_of(request.headers, request.cookies)
    session = services.sessions.read(token) if token is not None else None
    if session is None:
        if token is not None:
            raise Unauthorized("This token is not valid here; get a new one by POST /api/session.")
        raise Unauthorized("This needs a session: POST /api/session, then send its cookie or `Authorization: Bearer`.")
    if request.method not in ("GET", "HEAD") and "Authorization" not in request.headers:
        check_origin(request.headers, services.settings.allowed_origins)
    return session


def validate_body(model: type[BaseModel]) -> Callable[[Handler], Handler]:
    """Decorate a route that takes a JSON body: it is the argument `data`.

    Unlike quart-schema's `validate_request` it has pydantic read the JSON: nesting without end is an error of the client and
    not a RecursionError, a syntax error has a line and a column, and no Content-Type is needed.
    """

    def decorate(handler: Handler) -> Handler:
        @document_request(model)
        @wraps(handler)
        async def with_body(*arguments: Any, **named: Any) -> Any:
            return await handler(*arguments, data=await _body_of(model), **named)

        return with_body

    return decorate


def validate_optional_body(model: type[BaseModel]) -> Callable[[Handler], Handler]:
    """The same for a body that may be left out: then `data` has the model's defaults."""

    def decorate(handler: Handler) -> Handler:
        @document_request(model)
        @wraps(handler)
        async def with_body(*arguments: Any, **named: Any) -> Any:
            return await handler(*arguments, data=await _body_of(model) if await data_of() else model(), **named)

        return with_body

    return decorate


async def _body_of(model: type[M]) -> M:
    """The request's JSON body. Raises `InvalidFrame`, `InvalidText` or `TooLarge`, which name what is wrong."""
    data = await data_of()
    try:
        return await parse_body(model, data)
    except ValidationError as error:
        raise refusal(error, data, (model,)) from None


async def data_of() -> str | bytes:
    """The request's body as it came. Raises `TooLarge`, which says how much is taken, or a refusal with 408 of one that came late."""
    try:
        return await request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge(f"A body holds at most {request.max_content_length} bytes here.") from None
    except RequestTimeout:
        raise late_body() from None


async def page_of(item: TypeAdapter[Any], items: Sequence[object], **more: str | None) -> Response:
    """The answer of a list: a page of long items takes tens of milliseconds to write, so it is written in slices."""
    written: list[bytes] = []
    async with sliced() as pause:
        for one in items:
            written.append(item.dump_json(item.validate_python(one, from_attributes=True)))
            await pause()
    body = b"".join((b'{"items":[', b",".join(written), b"],", msgspec.json.encode(more)[1:]))
    return Response(body, content_type="application/json")


def no_content() -> Response:
    """204: done, and nothing to tell."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def id_of(text: str, what: str) -> str:
    """A UUID out of the path. One that is none is not found."""
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise NotFound(f"There is no such {what}.") from None
