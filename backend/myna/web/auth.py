"""Who a request or an upgrade comes from: its credential, its signed session token and its page's origin."""

import hmac
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer

from myna.protocol import timestamps
from myna.protocol.errors import Forbidden
from myna.protocol.session import Session

COOKIE = "chat_session"
TOKEN_CHARACTERS = 200  # ours have about 90; a longer one is not looked at


class Sessions:
    """Makes and verifies session tokens. A token carries its owner and when that one was created, so nothing is stored."""

    def __init__(self, secret_key: str) -> None:
        self._key_secret = f"openai-key:{secret_key}".encode()
        self._signer = Signer(secret_key, salt="chat-session")

    def create(self) -> Session:
        """A session of a new, anonymous owner."""
        owner, born_ms = str(uuid4()), timestamps.now_ms()
        return Session(owner, self._signer.sign(f"{owner}.{born_ms}").decode(), born_ms)

    def for_key(self, key: str) -> Session:
        """The session of the owner that any text stands for: the same on every node of this installation."""
        digest = hmac.digest(self._key_secret, key.encode("utf-8", "replace"), "sha256")
        return Session(str(UUID(bytes=digest[:16], version=4)), key, 0)

    def read(self, token: str) -> Session | None:
        """The session of a token; None when this installation did not sign it."""
        if len(token) > TOKEN_CHARACTERS:
            return None
        try:
            owner, _, born = self._signer.unsign(token.encode("utf-8", "replace")).decode().partition(".")
            return Session(str(UUID(owner)), token, int(born))
        except (BadSignature, ValueError):
            return None


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
    parts = urlsplit(origin)
    if (
        parts.scheme in ("http", "https")
        and parts.netloc.lower() == headers.get("Host", "").lower()
        and origin == f"{parts.scheme}://{parts.netloc}"
    ):
        return
    raise Forbidden("This page's origin is not allowed here (CHAT_ALLOWED_ORIGINS).")
