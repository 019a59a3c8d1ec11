"""GET /api/conversations/{id}/messages: a conversation's messages and replies, page by page."""

from quart import Blueprint, Response
from quart_schema import document_response, validate_querystring

from myna.protocol.session import Session
from myna.web.api.models import MESSAGE, Answer, MessageItem
from myna.web.api.requests import PageQuery, id_of, needs_session, page_of
from myna.web.request_costs import hold_texts
from myna.web.services import Services


class MessagesPage(Answer):
    """A page of a conversation, complete up to `cursor`."""

    items: list[MessageItem]
    next: str | None
    cursor: str


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("conversation_messages", __name__)

    @routes.get("/api/conversations/<conversation_id>/messages")
    @document_response(MessagesPage)
    @needs_session(services)
    @validate_querystring(PageQuery)
    async def list_messages(session: Session, conversation_id: str, query_args: PageQuery) -> Response:
        """A conversation's newest page, oldest first in it: each message followed by its replies.

        The list is flat and holds every branch, in the order in which messages were accepted; `parent_id` says what each
        follows, which may stand on an older page.
        """
        conversation_id = id_of(conversation_id, "conversation")
        page = await services.queries.messages(session, conversation_id, **dict(query_args))
        hold_texts(page.items)
        return await page_of(MESSAGE, page.items, next=page.next, cursor=page.cursor)

    return routes
