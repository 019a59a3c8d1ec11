"""/livez and /readyz: whether the process lives, and whether it can serve."""

from typing import Literal

from quart import Blueprint
from quart_schema import validate_response

from myna.web.api.models import Answer
from myna.web.services import Services


class Alive(Answer):
    """The process lives."""

    status: Literal["alive"]


class Readiness(Answer):
    """Whether the node can serve; each check is `ok`, or says what is missing."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    @validate_response(Alive)
    async def livez() -> Alive:
        """Whether the process lives; looks at nothing else."""
        return Alive(status="alive")

    @routes.get("/readyz")
    @validate_response(Readiness, 200)
    @validate_response(Readiness, 503)
    async def readyz() -> tuple[Readiness, int]:
        """Whether the node can serve (200), or what is missing (503)."""
        checks = {
            "broker": _state(services.broker.up, services.broker.trouble),
            "database": _state(services.store.up, services.store.trouble),
            "relay": _state(services.relay.live, "it has not read the log up to its end yet"),
            "draining": "yes" if services.submissions.draining else "no",
        }
        if services.responder is not None:
            checks["responder"] = _state(services.responder.consuming, "it does not consume chat_queue yet")
        if all(check in ("ok", "no") for check in checks.values()):
            return Readiness(status="ready", checks=checks), 200
        return Readiness(status="not ready", checks=checks), 503

    return routes


def _state(good: bool, trouble: str | None) -> str:
    # What stands behind a colon is another program's message, often with an address in it: for the log, not for everybody.
    return "ok" if good else (trouble or "away").partition(": ")[0].rstrip(".")
