"""Under which names a node answers. Any site can have its own name lead to this machine (DNS rebinding): it gets 421."""

from typing import Any

from quart import Quart, request, websocket

from myna.protocol.errors import Misdirected
from myna.settings import Settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """The names, in small letters; None where any is right.

    Where no setting says so, a node that only this machine reaches is reached by this machine's names; which names lead to any
    other, or to a proxy in front, only an operator knows.
    """
    if settings.allowed_hosts:
        return frozenset(name.lower() for name in settings.allowed_hosts)
    if settings.only_local:
        return frozenset((*LOOPBACK_NAMES, settings.host.lower()))
    return None


def name_of(host: str) -> str:
    """The name in a `Host` header, without the port and in small letters."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def register(app: Quart, settings: Settings) -> None:
    """Refuse requests and upgrades under any other name, before anything else is looked at."""
    allowed = allowed_hosts(settings)

    def check(asked: Any) -> None:
        if allowed is not None and name_of(asked.headers.get("Host", "")) not in allowed:
            raise Misdirected("This node does not answer under this host name (CHAT_ALLOWED_HOSTS).")

    @app.before_request
    async def check_request() -> None:
        check(request)

    @app.before_websocket
    async def check_upgrade() -> None:
        check(websocket)
