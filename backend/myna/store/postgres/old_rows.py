"""Rows that are kept no longer, on Postgres: found and removed by one statement each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from myna.store.port import Deleted
from myna.store.postgres.compiled import statement

Execute = Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]

INACTIVE = statement("INACTIVE")
DROP_TOMBSTONES = statement("DROP_TOMBSTONES")

DAY_S = 24 * 3600


class PostgresOldRows:
    """`OldRows` over the statements above; `execute` runs one and raises `StoreUnavailable`."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    async def inactive(self, days: float, *, limit: int) -> list[Deleted]:
        rows = await self._execute(INACTIVE, seconds=days * DAY_S, limit=limit)
        return [Deleted(row["owner"], row["id"]) for row in rows]

    async def drop_tombstones(self, days: float) -> int:
        return len(await self._execute(DROP_TOMBSTONES, seconds=days * DAY_S))
