"""The connections of a store: a few that are kept, and more in a rush.

asyncpg has a pool too: it wraps each connection anew for each use, and counts the time of connecting as a wait for others.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

CLOSE_S = 1.0  # a server that is away or frozen says no goodbye


class PoolTimeout(TimeoutError):
    """All connections were in use for too long. It says nothing of the database."""


class Pool:
    """At most `most` connections that `connect` makes, of which `kept` stay open while nobody uses them."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, most: int, kept: int, wait_s: float) -> None:
        self._connect = connect
        self._kept = kept
        self._wait_s = wait_s
        self._free = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for the block alone. Raises `PoolTimeout`, or what `connect` raises.

        It is closed where the block is given up, as the late answer would go to the next one who uses it.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise PoolTimeout from None
        try:
            connection = self._living() or await self._connect()
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                connection.terminate()
                raise
            finally:
                await self._give_back(connection)
        finally:
            self._free.release()

    def _living(self) -> asyncpg.Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _give_back(self, connection: asyncpg.Connection) -> None:
        if connection.is_closed():
            return
        if len(self._idle) < self._kept:
            self._idle.append(connection)
        else:
            await _close(connection)

    async def close_idle(self) -> None:
        """Close what nobody uses; the next ones to come get new connections."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_close, idle))


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
