"""How often one owner may write by HTTP, or one address without a session. Reading is free; sockets have limits of their own."""

import asyncio
from ipaddress import ip_address

from quart import Quart, request

from myna.core.token_bucket import TokenBuckets
from myna.protocol.errors import RateLimited
from myna.web.auth import token_of
from myna.web.problems import is_openai_request
from myna.web.services import Services

READING = ("GET", "HEAD", "OPTIONS")


def register(app: Quart, services: Services) -> None:
    """Count writes before any route sees them: as many as one socket may send."""
    rate = services.settings.rate_per_s
    buckets = TokenBuckets(rate, services.settings.rate_burst)

    @app.before_request
    async def count() -> None:
        if request.method in READING:
            return
        wait_s = buckets.take(_writer(services), asyncio.get_running_loop().time())
        if wait_s:
            raise RateLimited(f"At most {rate:g} writes a second; slow down.", retry_after_s=wait_s)


def _writer(services: Services) -> str:
    token = token_of(request.headers, {} if is_openai_request() else request.cookies)
    session = services.sessions.read(token) if token else None
    return session.owner if session is not None else address()


def address() -> str:
    """Where the request comes from. A proxy on a private address is trusted in that: nobody comes from one over the internet."""
    client = request.scope.get("client")
    peer = str(client[0]) if client else ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and _is_private(peer) else peer


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:  # a unix socket's peer has none
        return True
