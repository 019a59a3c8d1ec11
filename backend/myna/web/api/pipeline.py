"""HTTP: /api/pipeline — the route as this node and the broker see it, in numbers."""

import time
from collections import Counter
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote, urlsplit

from quart import Blueprint, Response, jsonify

from myna.broker.port import BrokerStatus, broker_status
from myna.web.api.requests import session_of
from myna.web.services import Services

RATES = {"messages_per_s": "messages", "events_per_s": "events", "deltas_per_s": "deltas"}


class Rates:
    """Counts a second between two looks; looks closer than half a second see the same."""

    def __init__(self) -> None:
        self._at, self._counts = time.monotonic(), Counter[str]()
        self._rates: dict[str, float | None] = dict.fromkeys(RATES)

    def take(self, counts: Counter[str]) -> dict[str, float | None]:
        """Messages, events and deltas a second; None before the first half second."""
        passed = time.monotonic() - self._at
        if passed > 0.5:
            grown = counts - self._counts
            self._rates = {rate: round(grown[name] / passed, 1) for rate, name in RATES.items()}
            self._at, self._counts = time.monotonic(), counts.copy()
        return self._rates


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("pipeline", __name__)
    rates = Rates()

    @routes.get("/api/pipeline")
    async def show_pipeline() -> Response:
        """Queues, relay, recorder, store, turns; null is unknown."""
        session_of(services)
        return jsonify(picture(services, await broker_status(services.broker), rates))

    return routes


def vhost_of(amqp_url: str | None) -> str | None:
    """The virtual host that a broker's URL names; None for the embedded broker, which has none."""
    return None if amqp_url is None else unquote(urlsplit(amqp_url).path[1:]) or "/"


def picture(services: Services, broker: BrokerStatus, rates: Rates) -> dict[str, Any]:
    """What the page draws."""
    projection = services.projection
    workers = Counter(reply.worker for reply in projection.open.values() if reply.worker)
    return {
        "broker": {
            "kind": broker.kind,
            "up": broker.up,
            "management_url": services.settings.management_url,
            "vhost": vhost_of(services.settings.amqp_url),
            "queues": [asdict(queue) for queue in broker.queues],
        },
        "relay": {"live": services.relay.live, "position": projection.reached.offset, "lag_ms": services.relay.lag_ms()},
        "recorder": {
            "active": services.recorder.active,
            "stored_position": projection.stored.high.offset if projection.stored else None,
            "pending": len(projection.pending),
        },
        "store": {"up": services.store.up},
        "sockets": services.hub.count,
        "open_turns": services.submissions.turns.open_count,
        "waiting_turns": services.submissions.turns.waiting_count,
        "responders": [{"worker": worker, "open": count} for worker, count in sorted(workers.items())],
        "rates": rates.take(services.relay.counts),
    }
