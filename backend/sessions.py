"""Words: who an owner is — signed tokens that carry the owner and the moment of birth. No I/O, no store, no log-in (yet)."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer

from backend import moments
from backend.errors import StartupError
from backend.settings import Settings

COOKIE = "chat_session"


@dataclass(frozen=True, slots=True)
class Session:
    """An owner, the token that proves it, and when it was made (ms since 1970)."""

    owner: str
    token: str
    born_ms: int


class Sessions:
    """Makes and checks tokens. Whoever holds the key can do both; nothing is stored."""

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="chat-session")

    def create(self) -> Session:
        """A fresh anonymous owner."""
        owner, born_ms = str(uuid4()), moments.now_ms()
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


def secret_key(settings: Settings) -> str:
    """The key from the settings, or, where broker and database are embedded too, one that is made once and kept."""
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.secret_key_file
    if path is None:
        if not (settings.embedded_broker and settings.embedded_database):
            raise StartupError("CHAT_SECRET_KEY is needed: any 16 or more characters that only your nodes know, the same on each.")
        path = settings.data_dir / "secret-key"
        keep_secret_key(path)
    try:
        key = path.read_text().strip()
    except OSError as error:
        raise StartupError(f"CHAT_SECRET_KEY_FILE: {path} can't be read ({error.strerror}).") from None
    if len(key) < 16:
        raise StartupError(f"CHAT_SECRET_KEY_FILE: {path} holds fewer than 16 characters.")
    return key


def keep_secret_key(path: Path) -> None:
    """Make a key in this file, readable by its account only, unless it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
