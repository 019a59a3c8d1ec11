"""PUT /api/conversations/{id}: an exported conversation comes back, into the log and not into the queue."""

from quart import Blueprint, Response, jsonify

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import InvalidFrame, NotFound
from myna.web.api.conversation_file import ExportedConversation, imported_turns
from myna.web.api.requests import body_of, id_of, session_of
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("import", __name__)

    @routes.put("/api/conversations/<conversation_id>")
    async def import_conversation(conversation_id: str) -> Response:
        """201, also when it is all there already."""
        session = session_of(services)
        try:
            conversation_id = id_of(conversation_id, "conversation")
        except NotFound:  # here it is a new one's, made by whoever asks
            raise InvalidFrame("A conversation's id takes a UUID; this address ends in something else.") from None
        document = await body_of(ExportedConversation)
        turns = imported_turns(session.owner, conversation_id, document, timestamps.now_ms())
        await services.commands.import_conversation(session, conversation_id, turns)
        messages = sum(isinstance(turn.job, e.MessageCreated) for turn in turns) + len(turns)
        response: Response = jsonify({
            "id": conversation_id, "title": document.conversation.title, "messages": messages,
            "cursor": services.projection.cursor(session.owner),
        })  # fmt: skip
        response.status_code = 201
        return response

    return routes
