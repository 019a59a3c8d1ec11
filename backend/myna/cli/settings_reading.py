"""Reads the settings from the environment, `.env` and a folder of secrets; what is wrong there is said in one sentence."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from myna.protocol.errors import StartupError
from myna.protocol.validation_errors import wrong
from myna.settings import HARD_TO_GUESS, PREFIX, Settings

# Read elsewhere: by the tests that kill processes, and below.
NO_SETTING = ("CHAT_FAILPOINT", "CHAT_SECRETS_DIR")
# What a pattern or a check means, in words.
TAKES = {
    "amqp_url": "amqp://… or amqps://…, several comma-separated",
    "database_url": "postgresql://…",
    "database_app_url": "postgresql://…",
    "management_url": "http://… or https://…",
    "brain_url": "http://… or https://…",
    "secret_key": HARD_TO_GUESS,
    "secret_key_old": HARD_TO_GUESS,
    "admin_token": HARD_TO_GUESS,
}
# They hold passwords: never repeated in an error.
SECRETS = ("secret_key", "secret_key_old", "admin_token", "amqp_url", "database_url", "database_app_url", "brain_key")


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises `StartupError` with one sentence that names the variable and what it takes."""
    try:
        return Settings(_secrets_dir=secrets_dir(), **overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        field = Settings.model_fields.get(name)
        meaning = f" ({field.description})" if field is not None and field.description else ""
        value = "what it is" if name in SECRETS else repr(first["input"])
        takes = TAKES.get(name) or wrong(error, (Settings,)).takes or "something else"
        raise StartupError(f"{PREFIX}{name.upper()}{meaning} can't be {value}: it takes {takes}.") from None


def secrets_dir() -> str | None:
    """The folder whose files hold settings, each named like its variable in small letters; the environment comes first.

    Raises `StartupError` when there is none where `CHAT_SECRETS_DIR` says.
    """
    folder = os.environ.get("CHAT_SECRETS_DIR") or None
    if folder is not None and not Path(folder).is_dir():
        raise StartupError(f"CHAT_SECRETS_DIR: there is no folder {folder}.")
    return folder


def unknown() -> list[str]:
    """The names in the environment and in `.env` that look like settings and are none: misspelt ones, most likely."""
    given = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    known = {*(f"{PREFIX}{name.upper()}" for name in Settings.model_fields), *NO_SETTING}
    return sorted(name for name in map(str.upper, given) if name.startswith(PREFIX) and name not in known)
