"""/api/conversations: the list, rename, delete."""

from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_response

from myna.protocol.field_types import Strict, Title
from myna.protocol.session import Session
from myna.web.api.models import Answer
from myna.web.api.requests import PageQuery, SearchWords, id_of, needs_session, no_content, validate_body
from myna.web.openapi.annotations import answers
from myna.web.services import Services


class ConversationsQuery(PageQuery):
    """Which conversations: all, or those whose title matches `q`."""

    q: SearchWords | None = None


class ConversationItem(Answer):
    """One line of the conversation list; `messages` counts both sides."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int
    preview: str


class ConversationsPage(Answer):
    """A page of the list; `next` is the `before` of the page after it, null at the end."""

    items: list[ConversationItem]
    next: str | None


class NewTitle(Strict):
    """A new title, kept on one line."""

    title: Title


class Renamed(Answer):
    """The title as it is kept."""

    id: str
    title: str


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("conversations", __name__, url_prefix="/api/conversations")

    @routes.get("")
    @needs_session(services)
    @validate_querystring(ConversationsQuery)
    @validate_response(ConversationsPage)
    async def list_conversations(session: Session, query_args: ConversationsQuery) -> ConversationsPage:
        """The owner's conversations, newest activity first; with `q`, those whose title matches."""
        return ConversationsPage.model_validate(await services.queries.conversations(session, **dict(query_args)))

    @routes.patch("/<conversation_id>")
    @needs_session(services)
    @validate_body(NewTitle)
    @validate_response(Renamed)
    async def rename_conversation(session: Session, conversation_id: str, data: NewTitle) -> Renamed:
        """Rename a conversation; sockets get `conversation.updated`."""
        conversation_id = id_of(conversation_id, "conversation")
        await services.commands.rename(session, conversation_id, data.title)
        return Renamed(id=conversation_id, title=data.title)

    @routes.delete("/<conversation_id>")
    @answers(204, "Deleted.")
    @needs_session(services)
    async def delete_conversation(session: Session, conversation_id: str) -> Response:
        """Delete a conversation with everything in it; running replies are stopped, sockets get `conversation.deleted`."""
        await services.commands.delete(session, id_of(conversation_id, "conversation"))
        return no_content()

    return routes
