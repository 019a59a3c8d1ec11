"""PUT /api/conversations/{id}/import: an exported conversation comes back, into the log and not into the queue."""

from quart import Blueprint
from quart_schema import deprecate, validate_response

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import Busy, Conflict, InvalidFrame, NotFound
from myna.protocol.session import Session
from myna.web.api.conversation_file import ExportedConversation
from myna.web.api.imported_turns import imported_turns
from myna.web.api.models import Answer
from myna.web.api.requests import id_of, needs_session, validate_body
from myna.web.openapi.annotations import raises
from myna.web.services import Services


class Imported(Answer):
    """The conversation that came back, with so many messages and replies; `cursor` reads it whole on any node."""

    id: str
    title: str
    messages: int
    cursor: str


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("conversation_import", __name__)

    @routes.put("/api/conversations/<conversation_id>/import")
    @raises(Conflict, Busy)
    @needs_session(services)
    @validate_body(ExportedConversation)
    @validate_response(Imported, 201)
    async def import_conversation(session: Session, conversation_id: str, data: ExportedConversation) -> tuple[Imported, int]:
        """Import an exported conversation under a new id.

        It is as if it had been written now: ids and times are new, versions of replies come along, each as one part. A message
        without a reply comes back with a failed one, to be tried again. The same body under the same id again changes
        nothing, or completes what was interrupted; another body is a `conflict`.
        """
        return await _import(services, session, conversation_id, data), 201

    @routes.put("/api/conversations/<conversation_id>")
    @deprecate
    @raises(Conflict, Busy)
    @needs_session(services)
    @validate_body(ExportedConversation)
    @validate_response(Imported, 201)
    async def import_at_old_address(session: Session, conversation_id: str, data: ExportedConversation) -> tuple[Imported, int]:
        """The same for pages of the release before, which may still be open."""
        return await _import(services, session, conversation_id, data), 201

    return routes


async def _import(services: Services, session: Session, conversation_id: str, data: ExportedConversation) -> Imported:
    try:
        conversation_id = id_of(conversation_id, "conversation")
    except NotFound:  # here it is a new one's, made by the client
        raise InvalidFrame("A conversation's id takes a UUID; this address has something else.") from None
    turns = await imported_turns(session.owner, conversation_id, data, timestamps.now_ms())
    await services.commands.import_conversation(session, conversation_id, turns)
    messages = sum(isinstance(turn.job, e.MessageCreated) for turn in turns) + len(turns)
    cursor = services.projection.cursor(session.owner)
    return Imported(id=conversation_id, title=data.conversation.title, messages=messages, cursor=cursor)
