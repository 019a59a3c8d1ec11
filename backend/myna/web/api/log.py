"""GET /api/log: the log itself, a page at a time or as it grows. One's own lines, or for operators the shape of everybody's."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_response, security_scheme, validate_querystring

from myna.core.log_lines import Line, Wanted, without_texts
from myna.pipeline.log_pages import LogPage, LogPages
from myna.pipeline.log_span import LogSpan
from myna.protocol.errors import Busy, InvalidFrame
from myna.protocol.events import LogLine
from myna.protocol.field_types import Id
from myna.protocol.log_codec import type_of
from myna.slices import sliced
from myna.web.api.models import Answer
from myna.web.api.requests import Query, session_of
from myna.web.openapi.annotations import raises
from myna.web.operator import OPERATOR_COOKIE, OperatorAccess
from myna.web.services import Services

READERS, READERS_OF_OWNER = 16, 4  # calls that read or wait at once: each is a consumer at the broker
WAIT_S = 25  # below the idle limits of common proxies
MAX_OFFSET = 2**53 - 1
TYPES = frozenset(map(type_of, LogLine.__args__))

Offset = Annotated[int, Field(ge=-1, le=MAX_OFFSET)]


class LogQuery(Query):
    """Which lines."""

    after: Annotated[Offset | None, Field(description="an offset: the page that follows it")] = None
    before: Annotated[Offset | None, Field(description="an offset: the page that ends before it; with neither, the newest")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="lines on a page; a record is not cut")] = 50
    conversation_id: Id | None = None
    reply_id: Id | None = None
    type: Annotated[str | None, Field(max_length=400, description="types of events, comma-separated")] = None
    view: Annotated[
        Literal["own", "operator"],
        Field(description="one's own lines with their texts, or, for operators, everybody's without"),
    ] = "own"
    wait_s: Annotated[float, Field(ge=0, le=WAIT_S, description="with `after`: wait so long for a line where there is none")] = 0


class LogItem(Answer):
    """A line of a record: `line` of `lines`. `event` is null where the line is none; without texts, one is `{"chars": 5}`."""

    offset: int
    line: int
    lines: int
    key: str
    bytes: int
    content_type: str
    type: str | None
    at: str | None
    event: dict[str, Any] | None


class LogLines(Answer):
    """A page of the log: `first` and `last` are the offsets kept, `after` and `before` lead to the next page and the one before."""

    items: list[LogItem]
    epoch: str
    first: int | None
    last: int | None
    after: int
    before: int | None


class Readers:
    """Bounds how many calls read at once."""

    def __init__(self) -> None:
        self._by_owner = Counter[str]()

    @contextmanager
    def one_of(self, owner: str) -> Iterator[None]:
        """Count one call while the block runs. Raises `Busy` where there are too many."""
        if self._by_owner.total() >= READERS or self._by_owner[owner] >= READERS_OF_OWNER:
            raise Busy("Too many read the log just now; try again.", retry_after_s=1)
        self._by_owner[owner] += 1
        try:
            yield
        finally:
            self._by_owner[owner] -= 1
            self._by_owner += Counter()  # forget those at zero


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("log", __name__)
    access, readers = OperatorAccess(services.settings), Readers()
    pages, span = LogPages(services.broker, services.projection), LogSpan(services.broker, services.projection)

    @routes.get("/api/log")
    @security_scheme([{"token": []}, {"cookie": []}])
    @raises(Busy)
    @document_response(LogLines)
    @validate_querystring(LogQuery)
    async def show_log(query_args: LogQuery) -> Response:
        """The log as this node reads it. `view=operator` takes what operators have instead of a session."""
        if query_args.view == "operator":
            access.check(request.headers.get("Authorization", ""), request.cookies.get(OPERATOR_COOKIE, ""))
            owner = None
        else:
            owner = session_of(services).owner
        with readers.one_of(owner or ""):
            page = await page_of(pages, query_args, wanted_by(query_args, owner))
            ends = await span.ends()
        return await answer_of(services, page, ends, texts=owner is not None)

    return routes


def wanted_by(query: LogQuery, owner: str | None) -> Wanted:
    """The lines that a query is for. Raises `InvalidFrame` where no event is of a type that it names."""
    types = frozenset(one.strip() for one in (query.type or "").split(",") if one.strip())
    if types - TYPES:
        raise InvalidFrame(f"type takes {', '.join(sorted(TYPES))}, or several of them with commas.")
    return Wanted(owner, query.conversation_id, query.reply_id, types)


async def page_of(pages: LogPages, query: LogQuery, wanted: Wanted) -> LogPage:
    """The page that a query is for. Raises `InvalidFrame` where it names two."""
    if query.after is None:
        if query.wait_s:
            raise InvalidFrame("wait_s goes with after: the offset behind which to wait.")
        return await pages.before(query.before, wanted, query.limit)
    if query.before is not None:
        raise InvalidFrame("before and after: takes one of the two.")
    return await pages.after(query.after, wanted, query.limit, query.wait_s)


async def answer_of(services: Services, page: LogPage, ends: tuple[int, int] | None, *, texts: bool) -> Response:
    """A page as JSON, written in slices: its texts may be long."""
    written: list[bytes] = []
    async with sliced() as pause:
        for line in page.lines:
            written.append(msgspec.json.encode(item_of(services, line, texts=texts)))
            await pause()
    first, last = ends if ends is not None else (None, None)
    if last is not None and page.lines:
        last = max(last, page.lines[-1].record.offset)  # it grew while it was read
    more = {"epoch": services.projection.epoch, "first": first, "last": last, "after": page.after, "before": page.before}
    body = b"".join((b'{"items":[', b",".join(written), b"],", msgspec.json.encode(more)[1:]))
    return Response(body, content_type="application/json")


def item_of(services: Services, line: Line, *, texts: bool) -> dict[str, Any]:
    """A line as the routes answer it. A deleted conversation has no texts."""
    event, record = line.event, line.record
    if event is not None and not (texts and not _is_deleted(services, event)):
        event = without_texts(event)
    return {
        "offset": record.offset, "line": line.number, "lines": line.lines, "key": record.key, "bytes": len(record.body),
        "content_type": "application/json" if line.lines == 1 else "application/x-ndjson",
        "type": _text(event, "type"), "at": _text(event, "at"), "event": event,
    }  # fmt: skip


def _is_deleted(services: Services, event: dict[str, Any]) -> bool:
    owner, conversation_id = event.get("owner"), event.get("conversation_id")
    return isinstance(owner, str) and isinstance(conversation_id, str) and services.projection.is_deleted(owner, conversation_id)


def _text(event: dict[str, Any] | None, name: str) -> str | None:
    value = event.get(name) if event is not None else None
    return value if isinstance(value, str) else None
