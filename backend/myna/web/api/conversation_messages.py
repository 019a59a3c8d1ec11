"""GET /api/conversations/{id}/messages: a conversation's messages and replies, page by page."""

from quart import Blueprint
from quart_schema import validate_querystring, validate_response

from myna.protocol.session import Session
from myna.web.api.models import Answer, MessageItem
from myna.web.api.requests import PageQuery, id_of, needs_session
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
    @needs_session(services)
    @validate_querystring(PageQuery)
    @validate_response(MessagesPage)
    async def list_messages(session: Session, conversation_id: str, query_args: PageQuery) -> MessagesPage:
        """A conversation's newest page, oldest first in it: each message followed by its replies."""
        conversation_id = id_of(conversation_id, "conversation")
        return MessagesPage.model_validate(await services.queries.messages(session, conversation_id, **dict(query_args)))

    return routes
