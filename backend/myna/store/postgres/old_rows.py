"""Rows that are kept no longer, on Postgres: found and removed by one statement each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Float, Integer, bindparam, delete, func, select
from sqlmodel import col

from myna.store.port import Deleted
from myna.store.postgres.tables import ConversationRow

Execute = Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]

_TABLE = ConversationRow.__table__  # type: ignore[attr-defined]
_MOMENT = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds", type_=Float))
# Without an index of its own, which each message would have to keep: it reads the whole table, once an hour.
INACTIVE = (
    select(col(ConversationRow.owner), col(ConversationRow.id))
    .where(col(ConversationRow.deleted_at).is_(None), col(ConversationRow.updated_at) < _MOMENT)
    .order_by(col(ConversationRow.updated_at))
    .limit(bindparam("limit", type_=Integer))
)
DROP_TOMBSTONES = delete(_TABLE).where(_TABLE.c.deleted_at < _MOMENT).returning(_TABLE.c.id)

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
