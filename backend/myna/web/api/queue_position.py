"""GET /api/line: where the owner's messages stand in the queue whose replies nobody has begun.

A message waits from its acceptance until its reply is started; the log has both, in the order of the queue, so no broker is
needed. A job that comes again after a crash goes to the front of the queue and keeps its place here, so a place may be late
by a few.
"""

import time
from collections.abc import Callable, Iterable

from quart import Blueprint
from quart_schema import validate_response

from myna.core.replies import OpenReply
from myna.protocol.session import Session
from myna.web.api.models import Answer
from myna.web.api.requests import needs_session
from myna.web.services import Services

FRESH_S = 0.5  # the queue is counted so often at most, however many look: it may be thousands long


class QueuePosition(Answer):
    """A message whose reply nobody has begun; `place` 1 is next."""

    conversation_id: str
    message_id: str
    place: int


class QueuePositions(Answer):
    """What waits of this owner, first to last."""

    items: list[QueuePosition]
    next: None


class Waiting:
    """The messages that wait, as they were counted last. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted_at = float("-inf")
        self._by_owner: dict[str, list[QueuePosition]] = {}

    def of(self, owner: str, replies: Callable[[], Iterable[OpenReply]]) -> list[QueuePosition]:
        """This owner's messages that wait, first to last, each with its place from 1; `replies` gives all open ones in log order."""
        now = self._clock()
        if now - self._counted_at >= FRESH_S:
            self._counted_at, self._by_owner = now, _counted(replies())
        return self._by_owner.get(owner, [])


def _counted(replies: Iterable[OpenReply]) -> dict[str, list[QueuePosition]]:
    by_owner: dict[str, list[QueuePosition]] = {}
    waiting = (reply.job for reply in replies if reply.started_at is None)
    for place, job in enumerate(waiting, 1):
        position = QueuePosition.model_construct(conversation_id=job.conversation_id, message_id=job.message_id, place=place)
        by_owner.setdefault(job.owner, []).append(position)
    return by_owner


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("queue_position", __name__)
    waiting = Waiting()

    @routes.get("/api/line")
    @needs_session(services)
    @validate_response(QueuePositions)
    async def show_queue_positions(session: Session) -> QueuePositions:
        """Where the owner's accepted messages stand whose replies nobody has begun; none while this node still reads the log."""
        items = waiting.of(session.owner, services.projection.open_replies.values) if services.relay.live else []
        return QueuePositions(items=items, next=None)

    return routes
