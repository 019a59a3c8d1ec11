"""Roof: what an operator asks at the shell — tail, dead letters, doctor. Reads; changes only what a command names."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import version

import click

from myna.broker.port import Broker, Start
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.embedded_postgres.host import check_writable, examine
from myna.node.worker import worker_name
from myna.pipeline.commands import requeue
from myna.pipeline.manual_messages import why_not
from myna.protocol import timestamps
from myna.protocol.errors import StartupError, Unavailable
from myna.settings import Settings, unknown
from myna.store.postgres.store import PostgresStore

REACH_S = 5.0  # how long a command waits for a broker: one that runs answers within a fraction of a second


@asynccontextmanager
async def rabbit(settings: Settings) -> AsyncIterator[Broker]:
    """The broker, up. Raises `StartupError` when there is none to reach from outside, or it does not answer."""
    if settings.amqp_url is None:
        raise StartupError("CHAT_AMQP_URL is needed: the embedded broker can't be reached from another process.")
    broker: Broker = RabbitBroker(settings.amqp_url, worker=f"{worker_name()}-cli")
    running, rising = asyncio.create_task(broker.run()), asyncio.create_task(broker.wait_up())
    try:
        # Where waiting can't help, a wrong login say, `running` ends by raising why.
        await asyncio.wait({running, rising}, timeout=REACH_S, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        if not broker.up:
            raise StartupError(f"The broker does not answer: {(broker.trouble or 'no reason known').rstrip('.')}.")
        yield broker
    finally:
        await broker.close()
        for task in (running, rising):
            task.cancel()
        await asyncio.gather(running, rising, return_exceptions=True)


async def tail(settings: Settings, start: str) -> None:
    """Print the log from `first`, `last`, `next` or an offset on, an event a line with its offset, until interrupted."""
    async with rabbit(settings) as broker, aclosing(broker.log(await _start_of(broker, start))) as log:
        async for records in log:
            for record in records:
                for line in record.body.decode("utf-8", "replace").split("\n"):
                    click.echo(f"{record.offset}\t{line}")


async def _start_of(broker: Broker, start: str) -> Start:
    if start == "first" or start == "next":
        return "first" if start == "first" else "next"
    if start == "last":
        span = await broker.log_span()
        return span[1] if span is not None else "first"
    return int(start)


async def list_parked(settings: Settings) -> None:
    """One line for each parked message."""
    async with rabbit(settings) as broker:
        parked = await broker.dead_letters()
        for letter in parked:
            at = timestamps.rfc3339(letter.dead_lettered_at) if letter.dead_lettered_at else "-"
            click.echo(f"{letter.id}  {at}  {letter.reason:<14}  {_begin(letter.body)}")
        click.echo(f"{len(parked)} parked.", err=True)


def _begin(body: bytes) -> str:
    return repr(body[:80].decode("utf-8", "replace"))[1:-1]


async def show_parked(settings: Settings, letter_id: str) -> int:
    """One parked message whole, with the reason."""
    async with rabbit(settings) as broker:
        for letter in await broker.dead_letters():
            if letter.id == letter_id:
                click.echo(f"{letter.reason}: {why_not(letter.body)}", err=True)
                sys.stdout.buffer.write(letter.body + b"\n")
                return 0
    click.echo(f"There is no parked message {letter_id}.", err=True)
    return 1


async def requeue_parked(settings: Settings, ids: Sequence[str]) -> int:
    """Try parked messages again. Published first, removed after: a crash between tries one twice, loses none."""
    async with rabbit(settings) as broker:
        chosen = [letter for letter in await broker.dead_letters() if letter.id in ids]
        for letter in chosen:
            await requeue(broker, letter)
        await broker.remove_dead_letters([letter.id for letter in chosen])
    click.echo(f"{len(chosen)} requeued.")
    return 0 if len(chosen) == len(set(ids)) else 1


async def drop_parked(settings: Settings, ids: Sequence[str]) -> int:
    """Forget parked messages."""
    async with rabbit(settings) as broker:
        dropped = await broker.remove_dead_letters(list(ids))
    click.echo(f"{dropped} dropped.")
    return 0 if dropped == len(set(ids)) else 1


async def doctor(settings: Settings) -> int:
    """Look at everything once; 0 when nothing is missing."""
    good = True
    for package in ("quart", "hypercorn", "aio-pika", "sqlalchemy", "asyncpg", "msgspec", "pydantic"):
        click.echo(f"ok    {package} {version(package)}")
    if names := unknown():
        good = False
        click.echo(f"bad   settings: {', '.join(names)}: no such settings; `serve --help` lists those there are.")
    checks = [("page", _page(settings)), ("broker", _broker(settings)), ("database", _database(settings))]
    for name, check in checks:
        try:
            click.echo(f"ok    {name}: {await check}")
        except (StartupError, Unavailable) as error:
            good = False
            click.echo(f"bad   {name}: {error}")
    return 0 if good else 1


async def _page(settings: Settings) -> str:
    if not (settings.front_dir / "index.html").is_file():
        raise StartupError(f"not built in {settings.front_dir}; run `make build`.")
    return f"built in {settings.front_dir}"


async def _broker(settings: Settings) -> str:
    if settings.amqp_url is None:
        check_writable(settings.data_dir.expanduser().absolute())
        return f"embedded, its journal in {settings.data_dir}"
    async with rabbit(settings) as broker:
        depths = ", ".join(f"{queue.name} {queue.depth}" for queue in await broker.queue_states())
    return f"answers ({depths})"


async def _database(settings: Settings) -> str:
    if settings.database_url is None:
        home, binaries, major = await asyncio.to_thread(examine, (settings.data_dir / "postgres").expanduser().absolute())
        return f"embedded, Postgres {major} of {binaries}, its files in {home}"
    store = PostgresStore(settings.database_url)
    try:
        await store.check_schema()
    finally:
        await store.close()
    return "answers, its schema is at head"
