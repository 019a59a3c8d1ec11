"""The folder of what is embedded."""

import os

from myna.protocol.errors import StartupError
from myna.settings import Settings


def make_data_dir(settings: Settings) -> None:
    """The folder of what is embedded, for our account alone. Raises `StartupError` when it can't be made.

    Root's Postgres runs as another account: that one may pass through on the way to its own folder, and see nothing.
    """
    passing = 0o011 if settings.embedded_database and os.geteuid() == 0 else 0
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700 | passing)
    except OSError as error:
        raise StartupError(f"CHAT_DATA_DIR: {settings.data_dir} can't be made ({error.strerror}).") from None
