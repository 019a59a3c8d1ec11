"""/api/dead-letters: the messages that could not be answered and were parked, for operators."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_response

from myna.broker.port import Broker, DeadLetter
from myna.pipeline import dead_letters
from myna.pipeline.log_pages import LogPages
from myna.pipeline.manual_messages import why_dead_lettered
from myna.protocol import timestamps
from myna.protocol.errors import Behind, Conflict, InvalidFrame, NotFound
from myna.protocol.event_fields import FRAME_LIMIT
from myna.protocol.field_types import Id, Strict, Text
from myna.protocol.topology import DELIVERY_LIMIT
from myna.web.api.log import LogItem, item_of
from myna.web.api.models import Answer
from myna.web.api.requests import Before, Query, no_content, validate_optional_body
from myna.web.openapi.annotations import answers, raises
from myna.web.operator import needs_operator
from myna.web.services import Services

AGAIN_IN_LOG = "One record reply.requested, to chat_queue and to the log: the reply that failed stays, and one more is made."
AGAIN_IN_QUEUE = (
    "The body, to chat_queue alone: the log learns of it when a responder takes it (message.created) or parks it again (parked)."
)
BODY_LIMIT = FRAME_LIMIT  # bytes of a body that are shown: a message that a client sends is never longer


class DeadLettersQuery(Query):
    """Which page of the dead letters."""

    limit: Annotated[int, Field(ge=1, le=100, description="items on a page")] = 20
    before: Before | None = None
    reason: Annotated[Literal["rejected", "delivery_limit"] | None, Field(description="why they were parked")] = None
    owner: Annotated[Id | None, Field(description="whose message it is, as far as the body says")] = None
    since: Annotated[AwareDatetime | None, Field(description="parked then or later")] = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is looked for."""
        if self.since is not None and (letter.dead_lettered_at is None or letter.dead_lettered_at < self.since):
            return False
        return self.reason in (None, letter.reason) and self.owner in (None, dead_letters.contents_of(letter.body).owner)


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
    owner: str | None
    conversation_id: str | None
    text: str | None


class DeadLetterWhole(DeadLetterItem):
    """One of them with its way: what the log has of it, without texts, to its end if `way_complete`.

    It was given out `tries` times at least. `editable`: requeue takes another text.
    """

    tries: int
    editable: bool
    way: list[LogItem]
    way_complete: bool


class DeadLettersPage(Answer):
    """A page of them, newest first; `next` is the `before` of the page after it, null at the end."""

    items: list[DeadLetterItem]
    next: str | None


class RequeueOrder(Strict):
    """The text to answer in place of its own; left out, it is as it was."""

    text: Text | None = None


class RequeuedLog(Answer):
    """What was published behind the offset `after`: to chat_queue, and where `type` is not null, to the log."""

    after: int
    key: str
    type: str | None
    reply_id: str | None
    conversation_id: str | None
    what: str


class Requeued(Answer):
    """It goes to a responder again."""

    id: str
    log: RequeuedLog


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("dead_letters", __name__)
    _add_reading(routes, services)
    _add_settling(routes, services)
    return routes


def _add_reading(routes: Blueprint, services: Services) -> None:
    broker, pages = services.broker, LogPages(services.broker, services.projection)

    @routes.get("/api/dead-letters")
    @needs_operator(services)
    @validate_querystring(DeadLettersQuery)
    @validate_response(DeadLettersPage)
    async def list_dead_letters(query_args: DeadLettersQuery) -> DeadLettersPage:
        """The parked messages, newest first, with reason, body and headers."""
        return _page(await broker.dead_letters(), query_args)

    @routes.get("/api/dead-letters/<letter>")
    @needs_operator(services)
    @raises(Behind)
    @validate_response(DeadLetterWhole)
    async def show_dead_letter(letter: str) -> DeadLetterWhole:
        """One of them, with what the log has of it."""
        found = await _one(broker, letter)
        way = await dead_letters.way_of(pages, found)
        return DeadLetterWhole(
            **_item(found).model_dump(),
            tries=DELIVERY_LIMIT + 1 if found.reason == "delivery_limit" else 1,
            editable=dead_letters.is_editable(found.body),
            way=[LogItem(**item_of(services, line, texts=False)) for line in way.lines],
            way_complete=way.after >= services.projection.reached.offset,
        )


def _add_settling(routes: Blueprint, services: Services) -> None:
    broker = services.broker
    settling = asyncio.Lock()  # what two settle at once is settled by one, and the other gets 404

    @routes.post("/api/dead-letters/<letter>/requeue")
    @needs_operator(services)
    @raises(Behind, Conflict)
    @validate_optional_body(RequeueOrder)
    @validate_response(Requeued)
    async def requeue_dead_letter(letter: str, data: RequeueOrder) -> Requeued:
        """Try a message again: one whose reply had failed gets one more reply, anything else goes back to chat_queue."""
        async with settling:
            found, after = await _one(broker, letter), services.projection.reached.offset
            if data.text is not None and not dead_letters.is_editable(found.body):
                raise Conflict("This one holds several jobs: it can be requeued as it is, and not with another text.")
            done = (await dead_letters.publish_again(broker, found, data.text))[0]
            await broker.remove_dead_letters([letter])
        what = AGAIN_IN_LOG if done.type else AGAIN_IN_QUEUE
        log = RequeuedLog(
            after=after, key=done.key.value, type=done.type, reply_id=done.reply_id, conversation_id=done.conversation_id, what=what
        )
        return Requeued(id=letter, log=log)

    @routes.delete("/api/dead-letters/<letter>")
    @needs_operator(services)
    @raises(Behind)
    @answers(204, "Dropped.")
    async def drop_dead_letter(letter: str) -> Response:
        """Remove a message for good."""
        async with settling:
            if not await broker.remove_dead_letters([letter]):
                raise NotFound("There is no such dead letter.")
        return no_content()


async def _one(broker: Broker, letter_id: str) -> DeadLetter:
    found = next((letter for letter in await broker.dead_letters() if letter.id == letter_id), None)
    if found is None:
        raise NotFound("There is no such dead letter.")
    return found


def _page(oldest_first: Sequence[DeadLetter], query: DeadLettersQuery) -> DeadLettersPage:
    letters = oldest_first[::-1]
    begin = 0
    if query.before is not None:
        begin = next((place for place, letter in enumerate(letters, 1) if letter.id == query.before), -1)
        if begin < 0:
            raise InvalidFrame("before takes the `next` of an earlier page; that message is not parked any more.")
    found = [letter for letter in letters[begin:] if query.takes(letter)]
    page = found[: query.limit]
    more = len(page) < len(found)
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
        **asdict(dead_letters.contents_of(letter.body)),
    )
