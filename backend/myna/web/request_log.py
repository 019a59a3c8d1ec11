"""Gives each request an id, which its answer and every line of the log about it carry, and notes what is refused."""

from time import monotonic
from typing import Any

from quart import Quart, Response, g, has_request_context, request, websocket
from structlog.contextvars import bind_contextvars

from myna.protocol.errors import ChatError
from myna.telemetry import tracing
from myna.web.client_address import client_network
from myna.web.refusals import new_request_id
from myna.web.services import Services

HEADER = "X-Request-Id"


def register(app: Quart, services: Services) -> None:
    """Do it for every request and upgrade; to be registered before what may refuse one."""

    @app.before_request
    @app.before_websocket
    async def name() -> None:
        g.began = monotonic()
        bind_contextvars(request_id=request_id())
        if tracing.on() and has_request_context():
            tracing.join(request.headers.get("traceparent"))

    @app.after_request
    async def note_answer(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        rule = request.url_rule.rule if request.url_rule is not None else None
        services.http.observe(request.method, rule, response.status_code, monotonic() - g.get("began", monotonic()))
        _note(services, "http", request)
        return response

    @app.after_websocket
    async def note_upgrade(response: Any) -> Any:
        if response is not None:
            response.headers[HEADER] = request_id()
            _note(services, "upgrade", websocket)
        return response


def request_id() -> str:
    """The id of the request or upgrade that is being handled."""
    if "request_id" not in g:
        g.request_id = new_request_id()
    found: str = g.request_id
    return found


def refused_with(error: ChatError) -> None:
    """The request that is being handled ends in this error."""
    g.refusal = error


def address_of(services: Services, asked: Any) -> str | None:
    """Where a request or an upgrade comes from, as lines of the log name it."""
    client = asked.scope.get("client")
    forwarded = ",".join(asked.headers.getlist("X-Forwarded-For"))
    network = client_network(str(client[0]) if client else "", forwarded, services.settings.trusted_proxies)
    return None if network is None else str(network)


def _note(services: Services, kind: str, asked: Any) -> None:
    error: ChatError | None = g.pop("refusal", None)
    if error is not None:
        # The rule and not the path, which may hold anything.
        route = asked.url_rule.rule if asked.url_rule is not None else None
        refusals = services.limits.refusals
        refusals.refuse(kind, error, request_id(), address_of(services, asked), method=asked.method, route=route, status=error.status)
