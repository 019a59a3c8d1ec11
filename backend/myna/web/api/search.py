"""GET /api/search: full text over an owner's titles, messages and replies."""

from typing import Annotated

from pydantic import AwareDatetime, Field, TypeAdapter
from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from myna.protocol.session import Session
from myna.protocol.views import Role
from myna.store.port import SearchFilter
from myna.web.api.models import Answer, absent
from myna.web.api.requests import PAGE_LIMIT, Before, Query, SearchWords, needs_session, page_of
from myna.web.services import Services


class SearchQuery(Query):
    """What to look for."""

    q: Annotated[SearchWords, Field(json_schema_extra={"required": True})]
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT, description="items on a page")] = 20
    before: Before | None = None
    role: Annotated[Role | None, Field(description="only what this side said")] = None
    since: Annotated[AwareDatetime | None, Field(description="only what was said then or later, as 2026-07-01T00:00:00Z")] = None
    until: Annotated[AwareDatetime | None, Field(description="only what was said earlier, as 2026-08-01T00:00:00Z")] = None


class SearchHit(Answer):
    """A message or reply that matches, with its conversation's title; `message_id` is the message to show it under, `id` its own.

    With `in_title`, the title matches, and the rest is of what was said last in the conversation.
    """

    conversation_id: str
    title: str
    message_id: str
    id: str
    role: Role
    snippet: str
    created_at: str
    in_title: bool | None = absent()


HIT = TypeAdapter(SearchHit)


class HitsPage(Answer):
    """A page of hits."""

    items: list[SearchHit]
    next: str | None


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("search", __name__)

    @routes.get("/api/search")
    @document_response(HitsPage)
    @needs_session(services)
    @validate_querystring(SearchQuery)
    async def search_messages(session: Session, query_args: SearchQuery) -> Response:
        """Full text over messages and replies, newest first. Matches stand between `<mark>` and `</mark>`.

        Before those of the first page come up to five of the newest conversations whose title alone matches; all of them are
        found by `GET /api/conversations?q=`. With `role`, `since` or `until` there are no titles.
        """
        only = SearchFilter(query_args.role, query_args.since, query_args.until)
        page = await services.queries.search(session, query_args.q, limit=query_args.limit, before=query_args.before, only=only)
        return await page_of(HIT, page.items, next=page.next)

    return routes
