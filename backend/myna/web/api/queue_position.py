"""HTTP: /api/line — where the owner's messages stand that nobody works on yet. It asks no broker: the log has told.

A message is in line from its acceptance until its reply is started; the log has both, in the order of the queue. Who comes
again after a crash goes to the front of the queue and keeps its place here, so a place may be late by a few.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from quart import Blueprint, Response, jsonify

from myna.core.replies import OpenReply
from myna.web.api.requests import session_of
from myna.web.services import Services

FRESH_S = 0.5  # so often the line is counted at most, however many ask: it may be thousands long


class Line:
    """The line as it was counted last. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted_at = float("-inf")
        self._places: dict[str, list[dict[str, Any]]] = {}

    def places(self, owner: str, replies: Callable[[], Iterable[OpenReply]]) -> list[dict[str, Any]]:
        """This owner's messages in line, first to last, each with its place from 1; `replies` gives all open ones in log order."""
        now = self._clock()
        if now - self._counted_at >= FRESH_S:
            self._counted_at, self._places = now, _counted(replies())
        return self._places.get(owner, [])


def _counted(replies: Iterable[OpenReply]) -> dict[str, list[dict[str, Any]]]:
    places: dict[str, list[dict[str, Any]]] = {}
    waiting = (reply.job for reply in replies if reply.started_at is None)
    for place, job in enumerate(waiting, 1):
        its = {"conversation_id": job.conversation_id, "message_id": job.message_id, "place": place}
        places.setdefault(job.owner, []).append(its)
    return places


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("line", __name__)
    line = Line()

    @routes.get("/api/line")
    async def show_line() -> Response:
        """Empty where nothing waits, and where this node still reads the log and can't know."""
        session = session_of(services)
        items = line.places(session.owner, services.projection.open.values) if services.relay.live else []
        return jsonify({"items": items, "next": None})

    return routes
