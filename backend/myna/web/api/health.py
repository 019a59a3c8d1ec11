"""HTTP: /livez and /readyz — whether the process lives (asks nobody), and whether it can serve."""

from quart import Blueprint, Response, jsonify

from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The routes."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    async def livez() -> Response:
        """Answers, so it lives."""
        return jsonify({"status": "alive"})

    @routes.get("/readyz")
    async def readyz() -> Response:
        """200, or 503 with which part is missing."""
        checks = {
            "broker": _word(services.broker.up, services.broker.trouble),
            "database": _word(services.store.up, services.store.trouble),
            "relay": _word(services.relay.live, "it has not read the log up to its end yet"),
            "draining": "yes" if services.submissions.draining else "no",
        }
        if services.responder is not None:
            checks["responder"] = _word(services.responder.consuming, "it does not consume chat_queue yet")
        ready = all(check in ("ok", "no") for check in checks.values())
        response: Response = jsonify({"status": "ready" if ready else "not ready", "checks": checks})
        response.status_code = 200 if ready else 503
        return response

    return routes


def _word(good: bool, trouble: str | None) -> str:
    # What stands behind a colon is somebody else's words, often with an address in them: for the log, not for everybody.
    return "ok" if good else (trouble or "away").partition(": ")[0].rstrip(".")
