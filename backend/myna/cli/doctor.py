"""`myna doctor`: says what is installed, reachable, missing or misspelt."""

import asyncio
from importlib.metadata import version

import click

from myna.cli.broker_session import connected_broker
from myna.cli.process import query_settings, run
from myna.embedded_postgres.host import check_writable, examine
from myna.protocol.errors import StartupError, Unavailable
from myna.settings import Settings, unknown
from myna.store.postgres.store import PostgresStore


@click.command
def command() -> None:
    """What is installed, reachable, missing."""
    run(doctor(query_settings()))


async def doctor(settings: Settings) -> int:
    """Print a line for each thing looked at; 0 when nothing is missing."""
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
    async with connected_broker(settings) as broker:
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
