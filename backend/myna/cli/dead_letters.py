"""`myna dead-letters`: the messages that could not be answered and were set aside."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from myna.broker.port import DeadLetter
from myna.cli.parked import parked
from myna.cli.process import examples, query_settings, run
from myna.cli.terminal import without_controls
from myna.pipeline.manual_messages import why_dead_lettered
from myna.protocol import log_codec, timestamps
from myna.settings import Settings

PREVIEW_BYTES = 80  # of a body in the list
WHERE = "A node to reach by HTTP, instead of the broker of CHAT_AMQP_URL; without that, CHAT_HOST and CHAT_PORT."


class Filter(NamedTuple):
    """Which dead letters are meant; None: any."""

    reason: str | None = None
    owner: str | None = None
    since: datetime | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is meant."""
        if self.since is not None and (letter.dead_lettered_at is None or letter.dead_lettered_at < self.since):
            return False
        return self.reason in (None, letter.reason) and (self.owner is None or self.owner in owners_of(letter.body))


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Filter`."""
    for option in (
        click.option("--since", type=click.DateTime(), help="Only those set aside since then (UTC), such as 2026-01-31T12:00:00."),
        click.option("--owner", metavar="UUID", help="Only messages of this owner."),
        click.option("--reason", type=click.Choice(["rejected", "delivery_limit"]), help="Only those set aside for this reason."),
    ):
        command = option(command)
    return command


def where(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option `--url`."""
    return click.option("--url", help=WHERE)(command)


def filter_of(reason: str | None, owner: str | None, since: datetime | None) -> Filter:
    """The filter that these options make."""
    return Filter(reason, owner, since.replace(tzinfo=UTC) if since else None)


@click.group(
    epilog=examples(
        "myna dead-letters list --reason delivery_limit",
        "myna dead-letters show 17",
        "myna dead-letters requeue 17 18",
        "myna dead-letters requeue --all --since 2026-01-31T12:00:00",
        "myna dead-letters list --json | jq .reason",
    )
)
def command() -> None:
    """The messages that could not be answered and were set aside."""


@command.command("list")
@filtered
@where
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def list_command(reason: str | None, owner: str | None, since: datetime | None, url: str | None, as_json: bool) -> None:
    """One line each: id, when, why, how it begins."""
    run(list_all(query_settings(), filter_of(reason, owner, since), url, as_json=as_json))


@command.command("show")
@click.argument("letter_id", metavar="ID")
@where
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def show_command(letter_id: str, url: str | None, as_json: bool) -> None:
    """One of them, whole."""
    run(show(query_settings(), letter_id, url, as_json=as_json))


@command.command("requeue")
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them, or all that the filters take.")
@filtered
@where
def requeue_command(
    ids: tuple[str, ...], every: bool, reason: str | None, owner: str | None, since: datetime | None, url: str | None
) -> None:
    """Try these again: a message whose reply had failed gets one more reply, anything else goes back to chat_queue."""
    run(settle(query_settings(), "requeued", ids, filter_of(reason, owner, since), url, every=every))


@command.command("drop")
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them, or all that the filters take.")
@filtered
@where
def drop_command(ids: tuple[str, ...], every: bool, reason: str | None, owner: str | None, since: datetime | None, url: str | None) -> None:
    """Remove these for good."""
    run(settle(query_settings(), "dropped", ids, filter_of(reason, owner, since), url, every=every))


async def list_all(settings: Settings, wanted: Filter, url: str | None = None, *, as_json: bool = False) -> None:
    """Print one line for each dead letter."""
    async with parked(settings, url) as letters:
        found = [letter for letter in await letters.all() if wanted.takes(letter)]
    for letter in found:
        if as_json:
            click.echo(json.dumps(as_object(letter)))
        else:
            why = click.style(f"{letter.reason:<14}", fg="red" if letter.reason == "delivery_limit" else "yellow")
            click.echo(f"{letter.id}  {moment(letter) or '-'}  {why}  {preview(letter.body)}")
    click.echo("1 dead letter." if len(found) == 1 else f"{len(found)} dead letters.", err=True)


async def show(settings: Settings, letter_id: str, url: str | None = None, *, as_json: bool = False) -> int:
    """Print one dead letter whole, and why it is one; 1 where there is none of this id."""
    async with parked(settings, url) as letters:
        letter = next((one for one in await letters.all() if one.id == letter_id), None)
    if letter is None:
        click.echo(f"There is no dead letter {letter_id}: `myna dead-letters list` names those there are.", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(as_object(letter)))
    else:
        click.echo(f"{letter.reason}: {why_dead_lettered(letter.body)}", err=True)
        click.echo(without_controls(letter.body.decode("utf-8", "backslashreplace")))
    return 0


async def settle(settings: Settings, done: str, ids: Sequence[str], wanted: Filter, url: str | None = None, *, every: bool = False) -> int:
    """Requeue or drop those named, or all that are wanted; 1 where one of those named is not there."""
    if every == bool(ids) or (ids and wanted != Filter()):
        raise click.UsageError("Name the ids, or say --all; the filters go with --all.")
    async with parked(settings, url) as letters:
        chosen = [letter.id for letter in await letters.all() if wanted.takes(letter)] if every else list(dict.fromkeys(ids))
        count = await (letters.requeue if done == "requeued" else letters.drop)(chosen)
    click.echo(f"{count} {done}.")
    if count < len(chosen):
        missing = (
            f"There is no dead letter {chosen[0]}" if len(chosen) == 1 else f"{len(chosen) - count} of these {len(chosen)} are not there"
        )
        click.echo(f"{missing}: `myna dead-letters list` names those there are.", err=True)
    return 0 if count == len(chosen) else 1


def owners_of(body: bytes) -> set[str]:
    """Whose messages a body holds, as far as it says."""
    owners = set()
    for line in body.split(b"\n"):
        try:
            owners.add(log_codec.read_job(line).owner)
        except log_codec.Unreadable:
            continue
    return owners


def preview(body: bytes) -> str:
    """How a body begins, on one line and without control characters."""
    return repr(body[:PREVIEW_BYTES].decode("utf-8", "replace"))[1:-1]


def moment(letter: DeadLetter) -> str | None:
    """When it was set aside."""
    return timestamps.rfc3339(letter.dead_lettered_at) if letter.dead_lettered_at else None


def as_object(letter: DeadLetter) -> dict[str, Any]:
    """A letter for `--json`; ASCII escapes keep control characters away from a terminal."""
    return {
        "id": letter.id,
        "dead_lettered_at": moment(letter),
        "reason": letter.reason,
        "detail": why_dead_lettered(letter.body),
        "owners": sorted(owners_of(letter.body)),
        "headers": dict(letter.headers),
        "body": letter.body.decode("utf-8", "backslashreplace"),
    }
