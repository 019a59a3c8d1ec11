"""HTTP: PUT /api/conversations/{id} — an exported conversation comes back, into the log and not into the queue."""

from collections.abc import Iterator, Sequence

from quart import Blueprint, Response, jsonify

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import Busy, Conflict, InvalidFrame, NotFound
from myna.protocol.session import Session
from myna.protocol.topology import GROUP_LINES, RoutingKey
from myna.store.port import IdempotencyKey
from myna.web.api.conversation_file import ExportedConversation, Unit, units
from myna.web.api.export import whole
from myna.web.api.requests import body_of, id_of, session_of
from myna.web.services import Services

BURST_BYTES = 64 * 1024  # of events in one publish, a reply more or less; the confirm after each lets everybody else through


def bursts(made: Sequence[Unit]) -> Iterator[list[bytes]]:
    """The lines of whole units, as many as go together."""
    lines: list[bytes] = []
    size = 0
    for unit in made:
        encoded = [e.encode(event) for event in unit.events]
        lines += encoded
        size += sum(map(len, encoded))
        if size >= BURST_BYTES or len(lines) >= GROUP_LINES // 2:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


class Imports:
    """Imports under way on this node, one an owner at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._owners: set[str] = set()

    async def take(self, session: Session, conversation_id: str, document: ExportedConversation) -> list[Unit]:
        """Write a conversation to the log, as far as it is not there yet; returns when this node has read it back.

        Raises `InvalidFrame`, `Conflict`, `Busy`, `Behind` or `StoreUnavailable`; what was written by then is
        written, and the same again goes on from there.
        """
        made = units(session.owner, conversation_id, document, timestamps.now_ms())
        if session.owner in self._owners or self._services.intake.draining or self._services.projection.behind:
            raise Busy("No import can be taken now: one of yours is under way, or the node has too much to do; try again.", retry_after_s=2)
        self._owners.add(session.owner)
        try:
            known = await self._known(session, conversation_id, made)
            missing = [unit for unit in made if unit.job.reply_id not in known]
            for lines in bursts(missing):
                await self._services.intake.publish(RoutingKey.EVENT, lines)
            if missing:
                await self._services.state.sees(lambda: self._has(session.owner, missing[-1].job.id))
        finally:
            self._owners.discard(session.owner)
        return made

    def _has(self, owner: str, key: str) -> bool:
        window = self._services.projection.window.of(owner)
        return window is not None and key in window.keys

    async def _known(self, session: Session, conversation_id: str, made: Sequence[Unit]) -> set[str]:
        """The ids of what this import has written before. Raises `Conflict` where the id is another conversation's."""
        taken = Conflict("This id is another conversation's, or was; give the import a new one.")
        try:
            known = {view.id for view in await whole(self._services, session, conversation_id)}
        except NotFound:
            if await self._was_deleted(session, conversation_id, made[0].job):
                raise taken from None
            return set()
        if made[0].job.id not in known:
            raise taken
        return known

    async def _was_deleted(self, session: Session, conversation_id: str, first: e.Job) -> bool:
        window = self._services.projection.window
        of_owner = window.of(session.owner)
        if of_owner is not None and conversation_id in of_owner.deleted:
            return True
        if window.holds_all_of(session.born_ms):
            return False
        (known,) = await self._services.store.known([IdempotencyKey(session.owner, conversation_id, first.id, first.reply_id)])
        return known.deleted


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("import", __name__)
    imports = Imports(services)

    @routes.put("/api/conversations/<conversation_id>")
    async def import_conversation(conversation_id: str) -> Response:
        """201, also when it is all there already."""
        session = session_of(services)
        try:
            conversation_id = id_of(conversation_id, "conversation")
        except NotFound:  # here it is a new one's, made by whoever asks
            raise InvalidFrame("A conversation's id takes a UUID; this address ends in something else.") from None
        document = await body_of(ExportedConversation)
        made = await imports.take(session, conversation_id, document)
        messages = sum(isinstance(unit.job, e.MessageCreated) for unit in made) + len(made)
        response: Response = jsonify({
            "id": conversation_id, "title": document.conversation.title, "messages": messages,
            "cursor": services.projection.cursor(session.owner),
        })  # fmt: skip
        response.status_code = 201
        return response

    return routes
