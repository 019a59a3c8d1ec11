"""What the commands share: reading the settings, setting up the log, running a coroutine."""

import asyncio
import sys
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import click
import structlog

from myna.cli import settings_reading
from myna.cli.settings_table import TOPICS, table
from myna.node.logging_setup import configure, silence
from myna.node.process_group import ProcessGroup
from myna.settings import Settings


class ServiceCommand(click.Command):
    """A command that starts a process: below its help stand the settings of these topics, and the profiles."""

    def __init__(self, *args: Any, topics: Sequence[str] = tuple(TOPICS), **options: Any) -> None:
        super().__init__(*args, **options)
        self._topics = topics

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, settings and profiles, put together only when somebody reads them: the mock AI takes 0.1 s to import."""
        from myna.mock_ai import PROFILES

        super().format_epilog(ctx, formatter)
        profiles = (f"  {name:<11} {profile.about}" for name, profile in PROFILES.items())
        parts = [
            "\b",
            "Settings (environment or .env):",
            table(self._topics),
            "",
            "\b",
            "Profiles (CHAT_MOCK_PROFILE, and a message's own):",
            *profiles,
        ]  # fmt: skip
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n".join(parts))


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
