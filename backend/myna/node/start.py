"""Starts a backend node: takes its port, starts an embedded database, and imports the libraries while that starts."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from myna.embedded_postgres.server import EmbeddedPostgres
from myna.node.data_dir import make_data_dir
from myna.node.listener import bind
from myna.node.stopping import Member, stop_signal
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
    async with AsyncExitStack() as stack:
        starting = None
        if settings.embedded_database and not forgetful:
            starting = await stack.enter_async_context(embedded_database(settings))
        # Imported here, as it takes most of a start: the database has its own beside that.
        from myna.node.server import run_node

        return await run_node(settings, listener, stopping, starting, responder=responder, forgetful=forgetful, member=member)
