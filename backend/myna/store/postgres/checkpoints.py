"""The stored checkpoints: compared before a batch, moved on after it, thinned out as they age."""

from typing import Any

import asyncpg

from myna.protocol.errors import RecorderFenced
from myna.store.port import CHECKPOINT_INTERVAL_S, CHECKPOINT_RETENTION_S, Checkpoint
from myna.store.postgres.row_mapping import CHECKPOINTS, in_order, names

_PARAMETERS = [f"${number}" for number, _ in enumerate(CHECKPOINTS.columns, 1)]

_NEWEST_TWO = f"SELECT id, at, {names(CHECKPOINTS.columns)} FROM checkpoints ORDER BY id DESC LIMIT 2"  # noqa: S608 (made of constants)
_INSERT = f"INSERT INTO checkpoints (at, {names(CHECKPOINTS.columns)}) VALUES (now(), {', '.join(_PARAMETERS)})"  # noqa: S608
_REPLACE = f"""
UPDATE checkpoints SET (at, {names(CHECKPOINTS.columns)}) = (now(), {", ".join(_PARAMETERS)}) WHERE id = ${len(_PARAMETERS) + 1}
"""  # noqa: S608 (made of constants)
# Of those past their time the newest stays: the only answer to "one at least that old" after a quiet night.
_DELETE_OLD = "DELETE FROM checkpoints WHERE id < (SELECT max(id) FROM checkpoints WHERE at < now() - make_interval(secs => $1))"


async def newest_two(connection: asyncpg.Connection, expected: Checkpoint | None) -> list[Any]:
    """The rows of the two newest checkpoints. Raises `RecorderFenced` when the newest is not the expected one."""
    rows: list[Any] = await connection.fetch(_NEWEST_TWO)
    if (CHECKPOINTS.view(rows[0]) if rows else None) != expected:
        raise RecorderFenced("Another node has recorded since: the stored checkpoint is not the expected one.")
    return rows


async def store(connection: asyncpg.Connection, newest: list[Any], reached: Checkpoint) -> None:
    """Store a checkpoint, given the two newest rows: in the newest's place while that is too close to the one before to be kept as well."""
    values = [value for (value,) in in_order(CHECKPOINTS.columns, CHECKPOINTS.arrays([reached]))]
    if len(newest) == 2 and (newest[0]["at"] - newest[1]["at"]).total_seconds() < CHECKPOINT_INTERVAL_S:
        await connection.execute(_REPLACE, *values, newest[0]["id"])
    else:
        await connection.execute(_INSERT, *values)
        await connection.execute(_DELETE_OLD, CHECKPOINT_RETENTION_S)
