"""Whose a request is, and how often one owner and one address may read and write by HTTP; decided before any framework has the request."""

from collections.abc import Iterable

from werkzeug.http import parse_cookie

from myna.web.auth import COOKIE, Sessions, token_of
from myna.web.limits import Limits
from myna.web.openai.schema import is_openai_path

READING = ("GET", "HEAD", "OPTIONS")
UNCOUNTED = ("/livez", "/readyz", "/metrics")  # of whoever watches over this node


def count_request(limits: Limits, owner: str | None, method: str, path: str, address: str) -> None:
    """Count a request of this owner (None: of nobody known) at this address. Raises `RateLimited`."""
    if method in READING:
        limits.check_rate("reads_of_address", limits.reads_of_address, address)
        limits.check_rate("reads_of_owner", limits.reads_of_owner, owner)
    else:
        limits.check_rate("writes_of_address", limits.writes_of_address, address)
        # All without a session or key share one owner's part of what their address may; new sessions have a limit of their own.
        shared = address if path != "/api/session" else None
        limits.check_rate("writes_of_owner", limits.writes_of_owner, owner or shared)


def owner_of(sessions: Sessions, headers: Iterable[tuple[bytes, bytes]], path: str) -> str | None:
    """Whose a request with these headers is, to be counted; whether it may do what it wants is for its route to say."""
    named: dict[str, str] = {}
    for name, value in headers:
        if name == b"authorization":
            named.setdefault("Authorization", value.decode("latin1"))
        elif name == b"cookie":
            named["Cookie"] = f"{named['Cookie']}; {value.decode('latin1')}" if "Cookie" in named else value.decode("latin1")
    is_openai = is_openai_path(path)
    has_cookie = not is_openai and "Authorization" not in named and COOKIE in named.get("Cookie", "")
    token = token_of(named, parse_cookie(named["Cookie"]) if has_cookie else {})
    session = sessions.read(token) if token else None
    if session is None and token and is_openai:
        session = sessions.for_key(token)
    return session.owner if session is not None else None
