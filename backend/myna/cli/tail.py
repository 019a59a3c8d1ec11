"""`myna tail`: prints the log `chat_responses` as it goes."""

from contextlib import aclosing

import click

from myna.broker.port import Broker, Start
from myna.cli.broker_session import connected_broker
from myna.cli.process import query_settings, run
from myna.cli.terminal import without_controls
from myna.settings import Settings

LAST_OFFSET = 2**63 - 1  # AMQP's largest


def offset(_: click.Context, __: click.Parameter, value: str) -> str:
    """Check `--from` before anything is connected."""
    if value in ("first", "last", "next") or (value.isascii() and value.isdigit() and int(value[:20]) <= LAST_OFFSET):
        return value
    raise click.BadParameter(f"it takes first, last, next or an offset (a whole number), not {value!r}.")


@click.command
@click.option("--from", "start", default="next", callback=offset, help="first, last, next, or an offset.", show_default=True)
def command(start: str) -> None:
    """Print what goes through chat_responses, as it goes."""
    run(tail(query_settings(), start))


async def tail(settings: Settings, start: str) -> None:
    """Print the log from `first`, `last`, `next` or an offset on, an event a line with its offset, until interrupted."""
    async with connected_broker(settings) as broker, aclosing(broker.log(await _start_of(broker, start))) as log:
        async for records in log:
            for record in records:
                for line in record.body.decode("utf-8", "backslashreplace").split("\n"):
                    click.echo(f"{record.offset}\t{without_controls(line)}")


async def _start_of(broker: Broker, start: str) -> Start:
    if start == "first" or start == "next":
        return "first" if start == "first" else "next"
    if start == "last":
        span = await broker.log_span()
        return span[1] if span is not None else "first"
    return int(start)
