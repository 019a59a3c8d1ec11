"""The key that signs session tokens: from a setting, from a file, or made once for the embedded mode."""

import os
import secrets
from pathlib import Path

from myna.protocol.errors import StartupError
from myna.settings import Settings, is_guessable


def secret_key(settings: Settings) -> str:
    """The key from the settings, or, where broker and database are embedded too, one that is made once and kept."""
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.secret_key_file
    if path is None:
        if not (settings.embedded_broker and settings.embedded_database):
            raise StartupError("CHAT_SECRET_KEY is needed: 32 or more random characters that only your nodes know, the same on each.")
        path = settings.data_dir / "secret-key"
        keep_secret_key(path)
    try:
        key = path.read_text().strip()
    except OSError as error:
        raise StartupError(f"CHAT_SECRET_KEY_FILE: {path} can't be read ({error.strerror}).") from None
    if is_guessable(key):
        raise StartupError(f"CHAT_SECRET_KEY_FILE: {path} holds a key that is too easily guessed; it takes 32 or more random characters.")
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
