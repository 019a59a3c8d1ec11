"""HTTP: /api/pipeline — the route as this node and the broker see it, in numbers."""

import asyncio
import time
from collections import Counter
from typing import Any

from quart import Blueprint, Response, jsonify

from backend.api.asking import session_of
from backend.broker.port import QueueState
from backend.errors import BrokerUnavailable
from backend.rooms import Rooms
from backend.topology import LOG

ASK_S = 2.0  # a broker that answers slower than this counts as away


class Rates:
    """Counts per second between two looks."""

    def __init__(self) -> None:
        self._at, self._events = time.monotonic(), 0

    def take(self, events: int) -> float:
        """Events a second since the last look (looks closer than half a second are merged)."""
        now = time.monotonic()
        rate = (events - self._events) / max(now - self._at, 0.001)
        if now - self._at > 0.5:
            self._at, self._events = now, events
        return round(rate, 1)


def blueprint(rooms: Rooms) -> Blueprint:
    """The route."""
    routes = Blueprint("pipeline", __name__)
    rates = Rates()

    @routes.get("/api/pipeline")
    async def show_pipeline() -> Response:
        """Queues, relay, recorder, store, turns; null is unknown."""
        session_of(rooms)
        queues: list[QueueState] = []
        try:
            async with asyncio.timeout(ASK_S):
                queues = await rooms.broker.queues()
        except (BrokerUnavailable, TimeoutError):
            pass
        return jsonify(picture(rooms, queues, rates))

    return routes


def picture(rooms: Rooms, queues: list[QueueState], rates: Rates) -> dict[str, Any]:
    """What the page draws."""
    timeline = rooms.timeline
    workers = Counter(reply.worker for reply in timeline.open.values() if reply.worker)
    last = next((queue.depth for queue in queues if queue.name == LOG), None)
    return {
        "broker": {
            "kind": rooms.broker.kind,
            "up": rooms.broker.up,
            "management_url": rooms.settings.management_url,
            "queues": [{name: getattr(queue, name) for name in QueueState.__dataclass_fields__} for queue in queues],
        },
        "relay": {"live": rooms.relay.live, "position": timeline.reached.offset, "records": last},
        "recorder": {
            "active": rooms.recorder.active,
            "stored_position": timeline.stored.high.offset if timeline.stored else None,
            "pending": len(timeline.pending),
        },
        "store": {"kind": rooms.store.kind, "up": rooms.store.up},
        "sockets": rooms.hub.count,
        "open_turns": rooms.intake.turns.open_count,
        "waiting_turns": rooms.intake.turns.waiting_count,
        "responders": [{"worker": worker, "open": count} for worker, count in sorted(workers.items())],
        "rates": {"events_per_s": rates.take(rooms.relay.events)},
    }
