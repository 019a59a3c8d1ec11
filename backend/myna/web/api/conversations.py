"""HTTP: /api/conversations — the list, a conversation's messages, rename, delete."""

from pydantic import BaseModel, ConfigDict
from quart import Blueprint, Response, jsonify, request

from myna.protocol.field_types import Title
from myna.web.api.requests import body_of, id_of, limit_of, session_of, shown
from myna.web.services import Services


class Rename(BaseModel):
    """The body of a rename."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Title


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("conversations", __name__, url_prefix="/api/conversations")

    @routes.get("")
    async def list_conversations() -> Response:
        """Newest activity first."""
        session = session_of(services)
        page = await services.queries.conversations(
            session, limit=limit_of(), before=request.args.get("before"), at_least=request.args.get("at_least")
        )
        return jsonify({"items": [shown(view, "owner") for view in page.items], "next": page.next})

    @routes.get("/<conversation_id>/messages")
    async def list_messages(conversation_id: str) -> Response:
        """The newest page, oldest first in it."""
        session = session_of(services)
        thread = await services.queries.messages(
            session,
            id_of(conversation_id, "conversation"),
            limit=limit_of(),
            before=request.args.get("before"),
            at_least=request.args.get("at_least"),
        )
        items = [shown(view, "owner", "conversation_id") for view in thread.items]
        return jsonify({"items": items, "next": thread.next, "cursor": thread.cursor})

    @routes.patch("/<conversation_id>")
    async def rename_conversation(conversation_id: str) -> Response:
        """A new title, told to every socket by `conversation.updated`."""
        session = session_of(services)
        title = (await body_of(Rename)).title
        conversation_id = id_of(conversation_id, "conversation")
        await services.commands.rename(session, conversation_id, title)
        return jsonify({"id": conversation_id, "title": title})

    @routes.delete("/<conversation_id>")
    async def delete_conversation(conversation_id: str) -> Response:
        """Gone, with everything in it."""
        session = session_of(services)
        await services.commands.delete(session, id_of(conversation_id, "conversation"))
        gone = Response(status=204)
        del gone.headers["Content-Type"]
        return gone

    return routes
