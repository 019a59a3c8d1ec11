"""The writer lock on Postgres: one connection that holds an advisory lock, and on which every batch is written.

Lock and writing share the connection, so whoever writes holds the lock: a holder that lost it can't reach the rows any more.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence

import asyncpg
import msgspec

from myna.protocol.errors import StoreUnavailable
from myna.store.port import Batch, Fact
from myna.store.postgres import checkpoints, writing
from myna.store.postgres.connection import DATABASE_ERRORS, connect, is_refusal, unavailable
from myna.store.postgres.row_mapping import given, in_order, names, written_columns

LOCK_NUMBER = 0x6D796E61  # the advisory lock's number: "myna"
HEARTBEAT_S = 1.0  # seconds between signs of life
SILENCE_MS = 4_000  # the server ends the session of a holder that is silent for longer: with the heartbeat's second, within 5 s
STATEMENT_S = 25  # long enough to delete a conversation of a million messages
CHUNK = 500  # facts in one statement: more is no quicker, holds the event loop, and after a long outage would take longer than STATEMENT_S

# The heartbeat keeps a living holder's session; the idle timeouts end a frozen one's, between batches or inside one.
_SETTINGS = {
    "idle_session_timeout": str(SILENCE_MS),
    "idle_in_transaction_session_timeout": str(SILENCE_MS),
    "statement_timeout": f"{STATEMENT_S}s",
    "lock_timeout": "5s",
    # A batch probes a few rows by their keys, however large the tables are. A cached plan is made from a fresh table's numbers,
    # and would read more with every batch; a plan for each costs half a millisecond.
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
}

_REFUSED = written_columns("refused_facts")
_SET_ASIDE = f"INSERT INTO refused_facts ({names(_REFUSED)}) SELECT * FROM {given(_REFUSED)}"  # noqa: S608 (made of constants)


async def acquire_writer_lock(dsn: str) -> "PostgresWriterLock | None":
    """The writer lock, or None while another connection holds it. Raises any of `DATABASE_ERRORS`."""
    connection = await connect(dsn, command_s=STATEMENT_S + 5, settings=_SETTINGS)
    try:
        await connection.set_type_codec("tsvector", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")
        acquired = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_NUMBER)
    except BaseException:
        connection.terminate()
        raise
    if acquired:
        return PostgresWriterLock(connection)
    await connection.close(timeout=1)
    return None


class PostgresWriterLock:
    """A `WriterLock`. Once anything went wrong on its connection it is lost: acquire it anew."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._connection_in_use = asyncio.Lock()  # heartbeat and record take turns
        self._heartbeat = asyncio.create_task(self._send_heartbeats(), name="store.writer_lock.heartbeat")

    async def record(self, batch: Batch) -> int:
        async with self._connection_in_use:
            if self._connection.is_closed():
                raise StoreUnavailable("The writer lock was lost with its connection.")
            try:
                async with self._connection.transaction():
                    newest = await checkpoints.newest_two(self._connection, batch.expected)
                    refused = 0
                    for start in range(0, len(batch.facts), CHUNK):
                        refused += await self._write(batch.facts[start : start + CHUNK])
                    await checkpoints.store(self._connection, newest, batch.reached)
                return refused
            except DATABASE_ERRORS as error:
                self._give_up()
                raise unavailable(error) from error
            except asyncio.CancelledError:
                self._give_up()
                raise

    async def release(self) -> None:
        self._heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError, *DATABASE_ERRORS):
            await self._connection.close(timeout=1)

    def _give_up(self) -> None:
        self._heartbeat.cancel()
        self._connection.terminate()

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            async with self._connection_in_use:
                try:
                    await self._connection.execute("SELECT 1", timeout=SILENCE_MS / 1000)
                except DATABASE_ERRORS:
                    self._connection.terminate()  # the next `record` says so
                    return

    async def _write(self, facts: Sequence[Fact]) -> int:
        """Store the facts; where the database refuses, halve until the refused one is alone, and set that aside.

        Returns how many were set aside.
        """
        try:
            async with self._connection.transaction():
                await writing.write(self._connection, facts)
            return 0
        except (*DATABASE_ERRORS, ValueError) as error:
            if not is_refusal(error):
                raise
            if len(facts) == 1:
                row = {"kind": [type(facts[0]).__name__], "body": [_body(facts[0])], "reason": [_printable(str(error))]}
                await self._connection.execute(_SET_ASIDE, *in_order(_REFUSED, row))
                return 1
        middle = len(facts) // 2
        return await self._write(facts[:middle]) + await self._write(facts[middle:])


def _body(fact: Fact) -> str:
    """A fact as JSON in ASCII: its escapes hold what the database refused."""
    return json.dumps(fact._asdict() if isinstance(fact, tuple) else msgspec.to_builtins(fact), ensure_ascii=True, default=str)


def _printable(reason: str) -> str:
    return reason.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")
