"""Signed session tokens: they carry the owner and when it was created, so nothing is stored."""

from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer

from myna.protocol import timestamps
from myna.protocol.session import Session

COOKIE = "chat_session"


class Sessions:
    """Makes and checks tokens. Whoever holds the key can do both; nothing is stored."""

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="chat-session")

    def create(self) -> Session:
        """A fresh anonymous owner."""
        owner, born_ms = str(uuid4()), timestamps.now_ms()
        return Session(owner, self._signer.sign(f"{owner}.{born_ms}").decode(), born_ms)

    def read(self, token: str) -> Session | None:
        """The session of a token; None if it is not one of ours."""
        if len(token) > 200:
            return None
        try:
            owner, _, born = self._signer.unsign(token.encode("utf-8", "replace")).decode().partition(".")
            return Session(str(UUID(owner)), token, int(born))
        except (BadSignature, ValueError):
            return None
