"""/api/dead-letters: the messages that could not be answered and were parked, for operators."""

import base64
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_response

from myna.broker.port import DeadLetter
from myna.pipeline import commands
from myna.pipeline.manual_messages import why_dead_lettered
from myna.protocol import timestamps
from myna.protocol.errors import Behind, InvalidFrame, NotFound
from myna.protocol.events import FRAME_LIMIT
from myna.web.api.models import Answer
from myna.web.api.requests import Before, Query, no_content
from myna.web.openapi.annotations import answers, raises
from myna.web.operator import needs_operator
from myna.web.services import Services

BODY_LIMIT = FRAME_LIMIT  # bytes of a body that are shown: a message that a client sends is never longer


class DeadLettersQuery(Query):
    """Which page of the dead letters."""

    limit: Annotated[int, Field(ge=1, le=100, description="items on a page")] = 20
    before: Before | None = None


class DeadLetterItem(Answer):
    """A parked message; `reason` is the broker's, `detail` says what is wrong with the body. A cut body shows its beginning."""

    id: str
    reason: str
    detail: str
    dead_lettered_at: str | None
    headers: dict[str, str]
    size: int
    encoding: Literal["utf-8", "base64"]
    body: str
    cut: bool


class DeadLettersPage(Answer):
    """A page of them, newest first; `next` is the `before` of the page after it, null at the end."""

    items: list[DeadLetterItem]
    next: str | None


class Requeued(Answer):
    """It goes to a responder again."""

    id: str


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("dead_letters", __name__)
    broker = services.broker

    @routes.get("/api/dead-letters")
    @needs_operator(services)
    @validate_querystring(DeadLettersQuery)
    @validate_response(DeadLettersPage)
    async def list_dead_letters(query_args: DeadLettersQuery) -> DeadLettersPage:
        """The parked messages, newest first, with reason, body and headers."""
        return _page(await broker.dead_letters(), query_args)

    @routes.post("/api/dead-letters/<letter>/requeue")
    @needs_operator(services)
    @raises(Behind)
    @validate_response(Requeued)
    async def requeue_dead_letter(letter: str) -> Requeued:
        """Try a message again: one whose reply had failed gets one more reply, anything else goes back to chat_queue."""
        if not await commands.requeue_all(broker, [letter]):
            raise NotFound("There is no such dead letter.")
        return Requeued(id=letter)

    @routes.delete("/api/dead-letters/<letter>")
    @needs_operator(services)
    @raises(Behind)
    @answers(204, "Dropped.")
    async def drop_dead_letter(letter: str) -> Response:
        """Remove a message for good."""
        if not await broker.remove_dead_letters([letter]):
            raise NotFound("There is no such dead letter.")
        return no_content()

    return routes


def _page(oldest_first: Sequence[DeadLetter], query: DeadLettersQuery) -> DeadLettersPage:
    letters = oldest_first[::-1]
    begin = 0
    if query.before is not None:
        begin = next((place for place, letter in enumerate(letters, 1) if letter.id == query.before), -1)
        if begin < 0:
            raise InvalidFrame("before takes the `next` of an earlier page; that message is not parked any more.")
    page = letters[begin : begin + query.limit]
    more = begin + len(page) < len(letters)
    return DeadLettersPage(items=[_item(letter) for letter in page], next=page[-1].id if more else None)


def _item(letter: DeadLetter) -> DeadLetterItem:
    shown = letter.body[:BODY_LIMIT]
    cut = len(shown) < len(letter.body)
    encoding: Literal["utf-8", "base64"] = "utf-8"
    try:
        body = shown.decode("utf-8", "ignore" if cut else "strict")
    except UnicodeDecodeError:
        encoding, body = "base64", base64.b64encode(shown).decode()
    return DeadLetterItem(
        id=letter.id,
        reason=letter.reason,
        detail=why_dead_lettered(letter.body),
        dead_lettered_at=timestamps.rfc3339(letter.dead_lettered_at) if letter.dead_lettered_at else None,
        headers=dict(letter.headers),
        size=len(letter.body),
        encoding=encoding,
        body=body,
        cut=cut,
    )
