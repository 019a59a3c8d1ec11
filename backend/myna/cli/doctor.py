"""`myna doctor`: says what is installed, reachable, missing or misspelt."""

import asyncio
import platform
import resource
import shutil
import socket
from collections.abc import Awaitable
from importlib.metadata import version

import click

from myna.cli.broker_session import connected_broker
from myna.cli.node_routes import NodeRoutes, Refused, url_of
from myna.cli.process import examples, query_settings, run
from myna.cli.settings_reading import unknown
from myna.embedded_postgres.host import check_writable, examine
from myna.protocol.errors import StartupError, Unavailable
from myna.settings import HARD_TO_GUESS, Settings, is_guessable
from myna.store.postgres.store import PostgresStore

PACKAGES = ("quart", "hypercorn", "aio-pika", "sqlalchemy", "asyncpg", "msgspec", "pydantic")
# The log's journal is rewritten beside itself, four times 64 MiB and more; Postgres keeps as much again.
FREE_BYTES = 1024**3
FEW_DESCRIPTORS, SPARE_DESCRIPTORS = 1_024, 100  # too few to serve people; what a process has open without a client


@click.command(epilog=examples("myna doctor", "CHAT_AMQP_URL=amqp://… CHAT_DATABASE_URL=postgresql://… myna doctor"))
def command() -> None:
    """What is installed, reachable, missing; and how the node at CHAT_HOST and CHAT_PORT is, where one runs."""
    run(doctor(query_settings()))


async def doctor(settings: Settings) -> int:
    """Print a line for each thing looked at; 0 when nothing is missing."""
    _say(True, f"myna {version('myna')} on Python {platform.python_version()}")
    for package in PACKAGES:
        _say(True, f"{package} {version(package)}")
    good = True
    if names := unknown():
        good = False
        _say(False, f"settings: {', '.join(names)}: no such settings; `serve --help` lists those there are.")
    checks: list[tuple[str, Awaitable[str]]] = [
        ("page", _page(settings)),
        ("key", _key(settings)),
        ("descriptors", _descriptors(settings)),
        ("disk", _disk(settings)),
        ("broker", _broker(settings)),
        ("database", _database(settings)),
        ("node", _node(settings)),
    ]
    for name, check in checks:
        try:
            _say(True, f"{name}: {await check}")
        except (StartupError, Unavailable) as error:
            good = False
            _say(False, f"{name}: {error}")
    return 0 if good else 1


def _say(good: bool, what: str) -> None:
    click.echo(f"{click.style('ok ', fg='green') if good else click.style('bad', fg='red')}   {what}")


async def _page(settings: Settings) -> str:
    if not (settings.front_dir / "index.html").is_file():
        return f"none in {settings.front_dir}: this node serves the API alone (a checkout gets it by `make build`)"
    return f"built in {settings.front_dir}"


async def _key(settings: Settings) -> str:
    """What signs sessions, without making it."""
    if settings.secret_key is not None:
        return "CHAT_SECRET_KEY is set" + (", and the one before it" if settings.secret_key_old else "")
    path = settings.secret_key_file
    if path is None:
        if not (settings.embedded_broker and settings.embedded_database):
            raise StartupError("CHAT_SECRET_KEY is needed by `serve`: the same on every node (a responder needs none).")
        path = settings.data_dir / "secret-key"
        if not path.exists():
            return f"will be made in {path}"
    try:
        key = path.read_text().strip()
    except OSError as error:
        raise StartupError(f"{path} can't be read ({error.strerror}).") from None
    if is_guessable(key):
        raise StartupError(f"{path} holds a key that is too easily guessed; it takes {HARD_TO_GUESS}.")
    return f"in {path}"


async def _descriptors(settings: Settings) -> str:
    """Whether as many sockets can be open as are allowed; `serve` raises the soft limit by itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return "no limit"
    raising = f"this account may open {hard} files, and CHAT_MAX_SOCKETS is {settings.max_sockets}: raise LimitNOFILE or nofile"
    if hard < FEW_DESCRIPTORS:
        raise StartupError(f"{raising}.")
    if hard < settings.max_sockets + SPARE_DESCRIPTORS:
        return f"{raising} for so many; a node keeps to what there are"
    return f"{hard}, for {settings.max_sockets} sockets"


async def _disk(settings: Settings) -> str:
    """Whether there is room for what is embedded."""
    if not (settings.embedded_broker or settings.embedded_database):
        return "nothing is kept here"
    folder = settings.data_dir.expanduser().absolute()
    standing = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(standing).free
    if free < FREE_BYTES:
        raise StartupError(f"{free // 1024**2} MiB are free for {folder}; broker and database want {FREE_BYTES // 1024**2} or more.")
    return f"{free / 1024**3:.1f} GiB free for {folder}"


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


async def _node(settings: Settings) -> str:
    """The node that listens where these settings say, or whether one could."""
    routes = NodeRoutes(settings)
    try:
        answer = await routes.call("GET", "/readyz")
        return f"one runs at {routes.url}, " + ", ".join(f"{name} {state}" for name, state in answer["checks"].items())
    except Refused as refused:
        raise StartupError(f"what listens at {routes.url} is not ready, or no node of ours ({refused.status}).") from None
    except (KeyError, TypeError):
        raise StartupError(f"what listens at {routes.url} is no node of ours; choose another CHAT_PORT.") from None
    except StartupError:
        _check_port(settings)
    return f"none runs at {url_of(settings)}, and the port is free"


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise StartupError(f"CHAT_PORT: {settings.host}:{settings.port} can't be used ({error.strerror}).") from None
