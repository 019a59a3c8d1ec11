"""`myna dead-letters`: the messages that could not be answered and were set aside."""

from collections.abc import Sequence

import click

from myna.cli.broker_session import connected_broker
from myna.cli.process import query_settings, run
from myna.cli.terminal import without_controls
from myna.pipeline import commands
from myna.pipeline.manual_messages import why_dead_lettered
from myna.protocol import timestamps
from myna.settings import Settings

PREVIEW_BYTES = 80  # of a body in the list


@click.group
def command() -> None:
    """The parked messages."""


@command.command("list")
def list_command() -> None:
    """One line each: id, when, why, how it begins."""
    run(list_all(query_settings()))


@command.command("show")
@click.argument("letter_id", metavar="ID")
def show_command(letter_id: str) -> None:
    """One of them, whole."""
    run(show(query_settings(), letter_id))


@command.command("requeue")
@click.argument("ids", nargs=-1, required=True)
def requeue_command(ids: tuple[str, ...]) -> None:
    """Try these again: a message whose reply had failed gets one more reply, anything else goes back to chat_queue."""
    run(requeue_all(query_settings(), ids))


@command.command("drop")
@click.argument("ids", nargs=-1, required=True)
def drop_command(ids: tuple[str, ...]) -> None:
    """Remove these for good."""
    run(drop(query_settings(), ids))


async def list_all(settings: Settings) -> None:
    """Print one line for each dead letter."""
    async with connected_broker(settings) as broker:
        letters = await broker.dead_letters()
        for letter in letters:
            at = timestamps.rfc3339(letter.dead_lettered_at) if letter.dead_lettered_at else "-"
            click.echo(f"{letter.id}  {at}  {letter.reason:<14}  {preview(letter.body)}")
        click.echo(f"{len(letters)} parked.", err=True)


def preview(body: bytes) -> str:
    """How a body begins, on one line and without control characters."""
    return repr(body[:PREVIEW_BYTES].decode("utf-8", "replace"))[1:-1]


async def show(settings: Settings, letter_id: str) -> int:
    """Print one dead letter whole, and why it is one; 1 where there is none of this id."""
    async with connected_broker(settings) as broker:
        for letter in await broker.dead_letters():
            if letter.id == letter_id:
                click.echo(f"{letter.reason}: {why_dead_lettered(letter.body)}", err=True)
                click.echo(without_controls(letter.body.decode("utf-8", "backslashreplace")))
                return 0
    click.echo(f"There is no parked message {letter_id}.", err=True)
    return 1


async def requeue_all(settings: Settings, ids: Sequence[str]) -> int:
    """Try dead letters again."""
    async with connected_broker(settings) as broker:
        requeued = await commands.requeue_all(broker, ids)
    click.echo(f"{requeued} requeued.")
    return 0 if requeued == len(set(ids)) else 1


async def drop(settings: Settings, ids: Sequence[str]) -> int:
    """Remove dead letters."""
    async with connected_broker(settings) as broker:
        dropped = await broker.remove_dead_letters(list(ids))
    click.echo(f"{dropped} dropped.")
    return 0 if dropped == len(set(ids)) else 1
