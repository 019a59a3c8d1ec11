"""Door: the recorder's seat on Postgres. One connection that holds the advisory lock and on which every batch is written.

Lock and writing share the connection, so whoever writes has the seat: a holder that lost it can't reach the rows any more.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.events import Position
from myna.store.port import CHECKPOINT_INTERVAL_S, CHECKPOINT_RETENTION_S, Batch, Checkpoint, Fact
from myna.store.postgres import writing
from myna.store.postgres.connection import FAULTS, connect, is_refusal, unavailable

SEAT_LOCK = 0x6D796E61  # the advisory lock's number: "myna"
BEAT_S = 1.0  # seconds between signs of life
FROZEN_MS = 4_000  # the server lets go of a holder that is silent for longer: with the heartbeat's second, within 5 s
STATEMENT_S = 25  # long enough to delete a conversation of a million messages
CHUNK = 2_000  # facts in one statement: more is no quicker, and after a long outage all at once would take longer than STATEMENT_S

# The heartbeat keeps a living holder's session; the idle timeouts end a frozen one's, between batches or inside one.
_SETTINGS = {
    "idle_session_timeout": str(FROZEN_MS),
    "idle_in_transaction_session_timeout": str(FROZEN_MS),
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

_NEWEST = """
SELECT id, now() AS now, at, epoch, low_offset, low_line, high_offset, high_line, mark FROM checkpoints ORDER BY id DESC LIMIT 2
"""
_KEEP = """
INSERT INTO checkpoints (at, epoch, low_offset, low_line, high_offset, high_line, mark) VALUES (now(), $1, $2, $3, $4, $5, $6)
"""
_MOVE = """
UPDATE checkpoints SET at = now(), epoch = $1, low_offset = $2, low_line = $3, high_offset = $4, high_line = $5, mark = $6 WHERE id = $7
"""
# Of those past their time the newest stays: the only answer to "one at least that old" after a quiet night.
_FORGET = """
DELETE FROM checkpoints WHERE id < (SELECT max(id) FROM checkpoints WHERE at < now() - make_interval(secs => $1))
"""
_SET_ASIDE = "INSERT INTO refused_facts (kind, body, reason) VALUES ($1, $2, $3)"


async def acquire_writer_lock(address: str) -> "PostgresWriterLock | None":
    """The seat, or None while another has it. Raises any of `FAULTS`."""
    connection = await connect(address, command_s=STATEMENT_S + 5, settings=_SETTINGS)
    try:
        taken = await connection.fetchval("SELECT pg_try_advisory_lock($1)", SEAT_LOCK)
    except BaseException:
        connection.terminate()
        raise
    if taken:
        return PostgresWriterLock(connection)
    await connection.close(timeout=1)
    return None


class PostgresWriterLock:
    """The one recorder's seat. Once anything went wrong on its connection it is lost: take it anew."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._alone = asyncio.Lock()  # heartbeat and record take turns
        self._heartbeat = asyncio.create_task(self._beat(), name="store.seat.heartbeat")

    async def record(self, batch: Batch) -> int:
        async with self._alone:
            if self._connection.is_closed():
                raise StoreUnavailable("The recorder's seat was lost with its connection.")
            try:
                async with self._connection.transaction():
                    kept = await self._fence(batch.expected)
                    refused = 0
                    for start in range(0, len(batch.facts), CHUNK):
                        refused += await self._write(batch.facts[start : start + CHUNK])
                    await self._keep(kept, batch.reached)
                return refused
            except FAULTS as error:
                self._lose()
                raise unavailable(error) from error
            except asyncio.CancelledError:
                self._lose()
                raise

    async def release(self) -> None:
        self._heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError, *FAULTS):
            await self._connection.close(timeout=1)

    def _lose(self) -> None:
        self._heartbeat.cancel()
        self._connection.terminate()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            async with self._alone:
                try:
                    await self._connection.execute("SELECT 1", timeout=FROZEN_MS / 1000)
                except FAULTS:
                    self._connection.terminate()  # the next `record` says so
                    return

    async def _fence(self, expected: Checkpoint | None) -> list[asyncpg.Record]:
        """The two newest checkpoints' rows, when the newest is the expected one."""
        kept: list[asyncpg.Record] = await self._connection.fetch(_NEWEST)
        if (checkpoint_of(kept[0]) if kept else None) != expected:
            raise RecorderFenced("Another node has recorded since: the stored checkpoint is not the expected one.")
        return kept

    async def _keep(self, kept: list[asyncpg.Record], reached: Checkpoint) -> None:
        """Store the checkpoint: in the newest's place while that is too close to the one before to be kept besides."""
        values = (reached.epoch, *reached.low, *reached.high, reached.mark)
        if len(kept) == 2 and (kept[0]["at"] - kept[1]["at"]).total_seconds() < CHECKPOINT_INTERVAL_S:
            await self._connection.execute(_MOVE, *values, kept[0]["id"])
        else:
            await self._connection.execute(_KEEP, *values)
            await self._connection.execute(_FORGET, CHECKPOINT_RETENTION_S)

    async def _write(self, facts: Sequence[Fact]) -> int:
        """Store the facts; where the database refuses, halve until the refused one is alone, and set that aside."""
        try:
            async with self._connection.transaction():
                await writing.write(self._connection, facts)
            return 0
        except (*FAULTS, ValueError) as error:
            if not is_refusal(error):
                raise
            if len(facts) == 1:
                await self._connection.execute(_SET_ASIDE, type(facts[0]).__name__, _body(facts[0]), _printable(str(error)))
                return 1
        middle = len(facts) // 2
        return await self._write(facts[:middle]) + await self._write(facts[middle:])


def checkpoint_of(row: Any) -> Checkpoint:
    """A row of `checkpoints`, by its columns' names."""
    low, high = Position(row["low_offset"], row["low_line"]), Position(row["high_offset"], row["high_line"])
    return Checkpoint(row["epoch"], low, high, row["mark"])


def _body(fact: Fact) -> str:
    """A fact as JSON in ASCII: its escapes hold what the database refused."""
    return json.dumps(fact._asdict() if isinstance(fact, tuple) else msgspec.to_builtins(fact), ensure_ascii=True, default=str)


def _printable(reason: str) -> str:
    return reason.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")
