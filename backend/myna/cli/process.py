"""What the commands share: reading the settings, setting up the log, running a coroutine."""

import asyncio
import sys
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import click
import structlog

from myna.cli import settings_reading
from myna.cli.settings_table import table
from myna.mock_ai import PROFILES
from myna.node.logging_setup import configure, silence
from myna.node.process_group import ProcessGroup
from myna.settings import Settings


def settings_help(*topics: str) -> str:
    """Below the help of a command that starts a process: the settings of these topics (all, if none is named) and the profiles."""
    profiles = (f"  {name:<11} {profile.about}" for name, profile in PROFILES.items())
    return "\n".join([
        "\b",
        "Settings (environment or .env):",
        table(topics) if topics else table(),
        "",
        "\b",
        "Profiles (CHAT_MOCK_PROFILE, and a message's own):",
        *profiles,
    ])  # fmt: skip


def examples(*lines: str) -> str:
    """What stands below the help of a command."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def service_settings() -> Settings:
    """The settings of a process that serves or responds, whose log goes to standard error. Raises `StartupError`."""
    settings = settings_reading.load()
    configure(settings.log_format, settings.log_level)
    if names := settings_reading.unknown():
        structlog.get_logger().warning("settings.unknown", variables=names, hint="no such settings; --help lists those there are")
    return settings


def query_settings() -> Settings:
    """The settings of a command that prints an answer, without log lines between. Raises `StartupError`."""
    silence()
    return settings_reading.load()


# Which process of a group this is; given by the group.
MEMBER = click.option("--member", type=(int, int), hidden=True)


def run_group(settings: Settings, count: int, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a subcommand in so many processes until it is told to stop, and exit with their code. Each has a metrics port of its own."""

    def of_member(number: int) -> dict[str, str]:
        ports = {} if settings.metrics_port is None else {"CHAT_METRICS_PORT": str(settings.metrics_port + number)}
        return {**environment, **ports}

    run(ProcessGroup([sys.executable, "-m", "myna", *arguments], of_member).run(count))


def run(main: Coroutine[Any, Any, int | None]) -> None:
    """Run a command's coroutine on uvloop where there is one, and exit with the code it returns."""
    try:
        import uvloop  # not on Windows

        factory = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        sys.exit(runner.run(main) or 0)
