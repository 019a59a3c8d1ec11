"""HTTP: how often one owner may write; who shows no session is counted by address. Reading is free, and sockets count for themselves."""

import asyncio
from ipaddress import ip_address

from quart import Quart, request

from myna.core.token_bucket import TokenBuckets
from myna.protocol.errors import RateLimited
from myna.web.auth import token_of
from myna.web.problems import in_dialect
from myna.web.services import Services

READING = ("GET", "HEAD", "OPTIONS")


def register(app: Quart, services: Services) -> None:
    """Count what is written, before any route sees it: as much as one socket may send."""
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
    token = token_of(request.headers, {} if in_dialect() else request.cookies)
    session = services.sessions.read(token) if token else None
    return session.owner if session is not None else address()


def address() -> str:
    """Where the request comes from. A proxy beside us (nobody comes from a private address by the internet) is believed in that."""
    client = request.scope.get("client")
    peer = str(client[0]) if client else ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and _is_private(peer) else peer


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:  # a unix socket's peer has none
        return True
