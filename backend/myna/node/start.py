"""Starts a backend node: takes its port, starts an embedded database, connects to the broker, and imports the rest beside that."""

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from myna.embedded_postgres.server import EmbeddedPostgres
from myna.node.brokers import make_broker, memory_broker
from myna.node.data_dir import make_data_dir
from myna.node.listener import bind
from myna.node.loop_supervisor import Supervisor
from myna.node.stopping import Member, stop_signal
from myna.node.traces import start_traces
from myna.settings import Settings

DESCRIPTORS = 65_536  # more than CHAT_MAX_SOCKETS by far


def raise_descriptor_limit() -> None:
    """Open as many connections as the system lets this account, and not the few that a shell starts with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@asynccontextmanager
async def embedded_database(settings: Settings) -> AsyncIterator["asyncio.Task[str]"]:
    """An embedded Postgres until the end of the block. It starts in a thread meanwhile; the task's result is its URL."""
    make_data_dir(settings)
    postgres = EmbeddedPostgres(settings.data_dir / "postgres")
    starting = asyncio.create_task(postgres.start(), name="embedded postgres")
    await asyncio.sleep(0)  # the task hands it to the thread
    try:
        yield starting
    finally:
        await asyncio.gather(starting, return_exceptions=True)  # who waits for the URL is told how it failed
        await postgres.stop()


async def serve(settings: Settings, *, responder: bool, forgetful: bool = False, member: Member | None = None) -> int:
    """A node until SIGTERM; 0 after a clean drain, 1 when a loop failed for good. `forgetful`: it keeps nothing and needs nobody.

    A `member` of a group shares its port with the others.
    """
    stopping = stop_signal(member)
    raise_descriptor_limit()
    listener = bind(settings, shared=member is not None)
    start_traces(settings, "myna-node")
    async with AsyncExitStack() as stack:
        starting = None
        if settings.embedded_database and not forgetful:
            starting = await stack.enter_async_context(embedded_database(settings))
        broker, supervisor = memory_broker() if forgetful else make_broker(settings), Supervisor()
        supervisor.start("broker", broker.run)
        run_node = await asyncio.to_thread(_import_server)
        return await run_node(
            settings, listener, stopping, supervisor, broker, starting, responder=responder, forgetful=forgetful, member=member
        )


def _import_server() -> Callable[..., Awaitable[int]]:
    """In a thread, as it takes most of a start: the database starts and the broker's connections are made meanwhile."""
    from myna.node.server import run_node

    return run_node
