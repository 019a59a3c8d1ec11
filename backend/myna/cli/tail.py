"""`myna tail`: prints the log `chat_responses` as it goes."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple

import click

from myna.broker.port import Broker, Start
from myna.cli.broker_session import connected_broker
from myna.cli.node_routes import NodeRoutes
from myna.cli.process import examples, query_settings, run
from myna.cli.terminal import without_controls
from myna.settings import Settings

LAST_OFFSET = 2**63 - 1  # AMQP's largest
WAIT_S, PAGE = 25, 200  # of one call to a node


class Filter(NamedTuple):
    """Which events are wanted; empty or None: any."""

    types: tuple[str, ...] = ()
    conversation_id: str | None = None
    message_id: str | None = None

    def takes(self, event: Any) -> bool:
        """Whether an event, None for a line that is none, is wanted."""
        if self == Filter():
            return True
        if not isinstance(event, dict) or (self.types and event.get("type") not in self.types):
            return False
        if self.conversation_id is not None and event.get("conversation_id") != self.conversation_id:
            return False
        return self.message_id is None or self.message_id in (event.get("message_id"), event.get("id"))


def offset(_: click.Context, __: click.Parameter, value: str) -> str:
    """Check `--from` before anything is connected."""
    if value in ("first", "last", "next") or (value.isascii() and value.isdigit() and int(value[:20]) <= LAST_OFFSET):
        return value
    raise click.BadParameter(f"it takes first, last, next or an offset (a whole number), not {value!r}.")


@click.command(
    epilog=examples(
        "myna tail",
        "myna tail --from first --type reply.failed,stop.requested",
        "myna tail --message 0b0f… --from first --json",
        "myna tail --url http://localhost:5055",
    )
)
@click.option("--from", "start", default="next", callback=offset, help="first, last, next, or an offset.", show_default=True)
@click.option("--type", "types", default="", help="Only events of these types, comma-separated.")
@click.option("--conversation", metavar="UUID", help="Only events of this conversation.")
@click.option("--message", metavar="UUID", help="Only events about this message: its own, and those of its replies.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line: offset and event.")
@click.option(
    "--url", help="A node to follow by HTTP (texts are shown by their length); without CHAT_AMQP_URL, the one of CHAT_HOST and CHAT_PORT."
)
def command(start: str, types: str, conversation: str | None, message: str | None, as_json: bool, url: str | None) -> None:
    """Print what goes through chat_responses, as it goes."""
    wanted = Filter(tuple(filter(None, types.split(","))), conversation, message)
    run(tail(query_settings(), start, wanted, url, as_json=as_json))


async def tail(settings: Settings, start: str, wanted: Filter, url: str | None = None, *, as_json: bool = False) -> None:
    """Print the log from `first`, `last`, `next` or an offset on, an event a line with its offset, until interrupted."""
    lines = _of_node(NodeRoutes(settings, url), start) if url is not None or settings.amqp_url is None else _of_broker(settings, start)
    async with aclosing(lines):
        async for at, line in lines:
            event = _event(line) if as_json or wanted != Filter() else None
            if wanted.takes(event):
                click.echo(json.dumps({"offset": at, "event": event}) if as_json else f"{at}\t{without_controls(line)}")


async def _of_broker(settings: Settings, start: str) -> AsyncGenerator[tuple[int, str], None]:
    async with connected_broker(settings) as broker, aclosing(broker.log(await _start_of(broker, start))) as log:
        async for records in log:
            for record in records:
                for line in record.body.decode("utf-8", "backslashreplace").split("\n"):
                    yield record.offset, line.rstrip(" ")  # marks may have many behind them


async def _start_of(broker: Broker, start: str) -> Start:
    if start == "first" or start == "next":
        return "first" if start == "first" else "next"
    if start == "last":
        span = await broker.log_span()
        return span[1] if span is not None else "first"
    return int(start)


async def _of_node(routes: NodeRoutes, start: str) -> AsyncGenerator[tuple[int, str], None]:
    page = await routes.call("GET", "/api/log", view="operator", limit=1)
    last = -1 if page["last"] is None else page["last"]
    after = {"first": -1, "last": max(last - 1, -1), "next": last}.get(start, -1 if not start.isdigit() else int(start) - 1)
    while True:
        page = await routes.call("GET", "/api/log", view="operator", after=after, limit=PAGE, wait_s=WAIT_S)
        for item in page["items"]:
            yield item["offset"], json.dumps(item["event"], ensure_ascii=False, separators=(",", ":"))
        after = page["after"]


def _event(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
