"""How often one owner, and one address, may read and write by HTTP, and how many requests an owner may have in flight."""

from collections.abc import Sequence

from quart import Quart, request

from myna.protocol.views import MessageView
from myna.web.auth import token_of
from myna.web.limits import Limits
from myna.web.problems import is_openai_request
from myna.web.server.request_stream import STREAM, RequestStream
from myna.web.services import Services

READING = ("GET", "HEAD", "OPTIONS")
UNCOUNTED = ("/livez", "/readyz", "/metrics")  # of whoever watches over this node


def register(app: Quart, services: Services) -> None:
    """Count every request before any route sees it."""
    limits = services.limits

    @app.before_request
    async def count() -> None:
        if request.path in UNCOUNTED:
            return
        client = address(limits)
        if client is None:  # a load tester's, say: what it does as one owner is not bounded either
            return
        owner = _owner(services)
        if request.method in READING:
            limits.check_rate("reads_of_address", limits.reads_of_address, client)
            limits.check_rate("reads_of_owner", limits.reads_of_owner, owner)
        else:
            limits.check_rate("writes_of_address", limits.writes_of_address, client)
            # All without a session or key share one owner's part of what their address may; new sessions have a limit of their own.
            shared = client if request.path != "/api/session" else None
            limits.check_rate("writes_of_owner", limits.writes_of_owner, owner or shared)
        stream = _stream()
        if stream is not None and owner is not None:
            stream.belongs_to(owner)


def hold_texts(views: Sequence[MessageView]) -> None:
    """Count these texts, of which the answer to this request is made, until it has been sent. Raises `RateLimited` or `Busy`."""
    stream = _stream()
    if stream is not None:
        stream.hold_bytes(sum(len(view.text) for view in views))


def _stream() -> RequestStream | None:
    stream: RequestStream | None = request.scope.get("state", {}).get(STREAM)
    return stream


def _owner(services: Services) -> str | None:
    token = token_of(request.headers, {} if is_openai_request() else request.cookies)
    session = services.sessions.read(token) if token else None
    if session is None and token and is_openai_request():
        session = services.sessions.for_key(token)
    return session.owner if session is not None else None


def address(limits: Limits) -> str | None:
    """The key of the address that the request comes from; None where it has no limit."""
    client = request.scope.get("client")
    return limits.client(str(client[0]) if client else "", ",".join(request.headers.getlist("X-Forwarded-For")))
