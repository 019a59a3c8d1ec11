"""Roof: the commands. Each parses its options, runs one thing, and turns what goes wrong into one sentence."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import click
import structlog

from myna import settings as all_settings
from myna.mock_ai import PROFILES
from myna.node.log_output import configure, silence
from myna.protocol.errors import MynaError, StartupError
from myna.settings import Settings

LAST_OFFSET = 2**63 - 1  # AMQP's largest
EPILOG = "\n".join([
    "\b\nSettings (environment or .env):",
    all_settings.table(),
    "\n\b\nProfiles (CHAT_MOCK_PROFILE, and a message's own):",
    *(f"  {name:<11} {profile.about}" for name, profile in PROFILES.items()),
])  # fmt: skip


def to_run() -> Settings:
    """The settings of a process that serves or responds, with its log set up."""
    settings = all_settings.load()
    configure(settings.log_format)
    if names := all_settings.unknown():
        structlog.get_logger().warning("settings.unknown", variables=names, hint="no such settings; --help lists those there are")
    return settings


def to_ask() -> Settings:
    """The settings of a command that prints an answer, which log lines would only interrupt."""
    silence()
    return all_settings.load()


def place(_: click.Context, __: click.Parameter, value: str) -> str:
    """`--from` of tail, checked before anything is connected."""
    if value in ("first", "last", "next") or (value.isascii() and value.isdigit() and int(value[:20]) <= LAST_OFFSET):
        return value
    raise click.BadParameter(f"it takes first, last, next or an offset (a whole number), not {value!r}.")


def run(main: Coroutine[Any, Any, int | None]) -> None:
    """Run a command's coroutine on the fastest loop there is, and exit with its code."""
    try:
        import uvloop  # not on Windows

        factory = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        sys.exit(runner.run(main) or 0)


class OneSentence(click.Group):
    """A group whose commands end in one sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StartupError as error:
            click.echo(f"myna: {error}", err=True)
            sys.exit(2)
        except MynaError as error:
            click.echo(f"myna: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)


@click.group(cls=OneSentence, epilog=EPILOG, context_settings={"max_content_width": 120})
def main() -> None:
    """Myna: a queue-backed AI chat pipeline."""


@main.command(epilog=EPILOG)
@click.option("--responder/--no-responder", default=None, help="Answer inside this process too. Default: only when the broker is embedded.")
def serve(responder: bool | None) -> None:
    """Gateway, relay and recorder on CHAT_PORT; embedded where no CHAT_AMQP_URL or CHAT_DATABASE_URL is set."""
    from myna.node.server import serve as serve_node

    settings = to_run()
    run(serve_node(settings, responder=settings.embedded_broker if responder is None else responder))


@main.command(epilog=EPILOG)
def respond() -> None:
    """A stand-alone responder; start as many as wanted."""
    from myna.node.worker import respond as respond_alone

    run(respond_alone(to_run()))


@main.command()
def migrate() -> None:
    """Bring the database schema to head."""
    from myna.store.postgres.migrations import migrate as migrate_store

    settings = all_settings.load()
    if settings.database_url is None:
        raise StartupError("CHAT_DATABASE_URL is needed: the embedded database migrates by itself.")
    click.echo(f"The schema is at {asyncio.run(migrate_store(settings.database_url))}.")


@main.command()
@click.option("--from", "start", default="next", callback=place, help="first, last, next, or an offset.", show_default=True)
def tail(start: str) -> None:
    """Print what goes through chat_responses, as it goes."""
    from myna.cli.operating import tail as tail_log

    run(tail_log(to_ask(), start))


@main.command()
def doctor() -> None:
    """What is installed, reachable, missing."""
    from myna.cli.operating import doctor as examine

    run(examine(to_ask()))


@main.group("dead-letters")
def dead_letters() -> None:
    """The parked messages."""


@dead_letters.command("list")
def list_parked() -> None:
    """One line each: id, when, why, how it begins."""
    from myna.cli.operating import list_parked as show_all

    run(show_all(to_ask()))


@dead_letters.command("show")
@click.argument("letter_id", metavar="ID")
def show_parked(letter_id: str) -> None:
    """One of them, whole."""
    from myna.cli.operating import show_parked as show_one

    run(show_one(to_ask(), letter_id))


@dead_letters.command("requeue")
@click.argument("ids", nargs=-1, required=True)
def requeue_parked(ids: tuple[str, ...]) -> None:
    """Try these again: an order that had failed gets one more reply, anything else goes back to chat_queue."""
    from myna.cli.operating import requeue_parked as requeue

    run(requeue(to_ask(), ids))


@dead_letters.command("drop")
@click.argument("ids", nargs=-1, required=True)
def drop_parked(ids: tuple[str, ...]) -> None:
    """Forget these."""
    from myna.cli.operating import drop_parked as drop

    run(drop(to_ask(), ids))
