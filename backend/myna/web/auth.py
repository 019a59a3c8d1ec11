"""Who a request or an upgrade comes from: its credential, its signed session token and its page's origin."""

import hmac
from collections import OrderedDict
from typing import Any
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer

from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver
from myna.protocol import timestamps
from myna.protocol.errors import Forbidden
from myna.protocol.session import Session

COOKIE = "chat_session"
TOKEN_CHARACTERS = 200  # ours have about 100; a longer one is not looked at
DAY_MS = 24 * 3600 * 1000
ENDED_KEPT = 100_000  # owners that were forgotten, some 15 MB


class Sessions(LogObserver):
    """Makes and verifies session tokens. A token carries its owner, when that one was created and when it was issued itself.

    So nothing is stored of a session. What this node has read in the log of those that ended it remembers, up to
    `ENDED_KEPT`; it is lost with the process, and the token then opens what is left under its owner: nothing.
    """

    def __init__(self, key: str, old_key: str | None = None, *, days: float = 90) -> None:
        self._key_secret = f"openai-key:{key}".encode()
        self._signer = Signer(key, salt="chat-session")
        self._old_signers = [Signer(old_key, salt="chat-session")] if old_key is not None else []
        self._life_ms = days * DAY_MS
        self._ended: OrderedDict[str, None] = OrderedDict()  # owners

    def create(self) -> Session:
        """A session of a new, anonymous owner."""
        return self._issue(str(uuid4()), timestamps.now_ms())

    def renew(self, session: Session) -> Session:
        """The same session, with a fresh token where it is due."""
        return self._issue(session.owner, session.born_ms) if session.due else session

    def for_key(self, key: str) -> Session:
        """The session of the owner that any text stands for: the same on every node of this installation."""
        digest = hmac.digest(self._key_secret, key.encode("utf-8", "replace"), "sha256")
        return Session(str(UUID(bytes=digest[:16], version=4)), key, 0)

    def read(self, token: str) -> Session | None:
        """The session of a token; None when it has expired or ended, or this installation did not sign it."""
        if len(token) > TOKEN_CHARACTERS:
            return None
        for signer in (self._signer, *self._old_signers):
            try:
                owner, born, *issued = signer.unsign(token.encode("utf-8", "replace")).decode().split(".")
                # Tokens of earlier releases tell only when their owner was created.
                age_ms = timestamps.now_ms() - int(issued[0] if issued else born)
                session = Session(str(UUID(owner)), token, int(born), due=age_ms > DAY_MS or signer is not self._signer)
            except (BadSignature, ValueError):
                continue
            return session if age_ms <= self._life_ms and session.owner not in self._ended else None
        return None

    def observe(self, folded: FoldResult) -> None:
        for owner in folded.ended:
            self._ended[owner] = None
        while len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)

    def _issue(self, owner: str, born_ms: int) -> Session:
        return Session(owner, self._signer.sign(f"{owner}.{born_ms}.{timestamps.now_ms()}").decode(), born_ms)


def token_of(headers: Any, cookies: Any) -> str | None:
    """The credential of a request: its bearer token, else its cookie. "" when it uses another scheme, None when it has none."""
    authorization: str = headers.get("Authorization", "")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    cookie: str | None = cookies.get(COOKIE)
    return cookie


def arrived_by_tls(request: Any) -> bool:
    """Whether a request came over TLS, which may have ended at a proxy in front of this node."""
    return "https" in (request.scheme, request.headers.get("X-Forwarded-Proto"))


def check_origin(headers: Any, allowed: list[str]) -> None:
    """Raise `Forbidden` when a browser's page is neither ours nor allowed. Without `Origin` (RFC 6454) it is no browser's page."""
    origin = headers.get("Origin")
    if origin is None or origin in allowed:
        return
    scheme, _, host = origin.partition("://")
    if scheme in ("http", "https") and host and host.lower() == headers.get("Host", "").lower():
        return
    raise Forbidden("This page's origin is not allowed here (CHAT_ALLOWED_ORIGINS).")
