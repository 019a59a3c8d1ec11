"""What owners set the mock AI to, on Postgres: one statement for each call, built once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Text, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from myna.store.port import MOCK_FAILURES, MOCK_FAILURES_OF_OWNER, MOCK_SETUPS, MockRules
from myna.store.postgres.tables import MockFailureRow, MockRulesRow

Execute = Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]

_OWNER = bindparam("owner", type_=Uuid(as_uuid=False))
_RULES = MockRulesRow.__table__  # type: ignore[attr-defined]
_FAILURES = MockFailureRow.__table__  # type: ignore[attr-defined]

ALL_RULES = select(col(MockRulesRow.owner), col(MockRulesRow.rules)).order_by(col(MockRulesRow.set_order))
DROP_RULES = delete(_RULES).where(_RULES.c.owner == _OWNER).returning(_RULES.c.owner)
_kept = select(_RULES.c.set_order).order_by(_RULES.c.set_order.desc()).offset(MOCK_SETUPS)
DROP_OLDEST_RULES = delete(_RULES).where(_RULES.c.set_order.in_(_kept)).returning(_RULES.c.owner)
_given = insert(_RULES).values(owner=_OWNER, rules=bindparam("rules", type_=Text))
_newest = func.nextval(func.pg_get_serial_sequence("mock_rules", "set_order"))
SET_RULES = _given.on_conflict_do_update(index_elements=["owner"], set_={"rules": _given.excluded.rules, "set_order": _newest}).returning(
    _RULES.c.owner
)

COUNT = select(func.count().label("count")).where(col(MockFailureRow.owner) == _OWNER)
_bodies = func.unnest(bindparam("failures", type_=ARRAY(Text))).table_valued("body", with_ordinality="at").render_derived()
QUEUE = insert(_FAILURES).from_select(["owner", "failure"], select(_OWNER, _bodies.c.body).order_by(_bodies.c.at)).returning(_FAILURES.c.id)
DROP_OLDEST_FAILURES = delete(_FAILURES).where(_FAILURES.c.id <= bindparam("last", type_=BigInteger)).returning(_FAILURES.c.id)
_oldest = select(_FAILURES.c.id).where(_FAILURES.c.owner == _OWNER).order_by(_FAILURES.c.id).limit(1)
# Two nodes that take at the same moment take two different ones.
TAKE = delete(_FAILURES).where(_FAILURES.c.id == _oldest.with_for_update(skip_locked=True).scalar_subquery()).returning(_FAILURES.c.failure)
QUEUED = select(_FAILURES.c.failure).where(_FAILURES.c.owner == _OWNER).order_by(_FAILURES.c.id)
OWNERS = select(_FAILURES.c.owner).distinct()
DROP_FAILURES = delete(_FAILURES).where(_FAILURES.c.owner == _OWNER).returning(_FAILURES.c.id)


class PostgresMockSetups:
    """`MockSetups` over the statements above; `execute` runs one and raises `StoreUnavailable`."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    async def rules(self) -> list[MockRules]:
        return [MockRules(row["owner"], row["rules"]) for row in await self._execute(ALL_RULES)]

    async def set_rules(self, owner: str, rules: str | None) -> None:
        if rules is None:
            await self._execute(DROP_RULES, owner=owner)
            return
        await self._execute(SET_RULES, owner=owner, rules=rules)
        await self._execute(DROP_OLDEST_RULES)

    async def queue_failures(self, owner: str, failures: Sequence[str]) -> bool:
        (row,) = await self._execute(COUNT, owner=owner)
        if row["count"] + len(failures) > MOCK_FAILURES_OF_OWNER:
            return False
        rows = await self._execute(QUEUE, owner=owner, failures=list(failures))
        await self._execute(DROP_OLDEST_FAILURES, last=max(row["id"] for row in rows) - MOCK_FAILURES)
        return True

    async def take_failure(self, owner: str) -> str | None:
        rows = await self._execute(TAKE, owner=owner)
        return rows[0]["failure"] if rows else None

    async def queued_failures(self, owner: str) -> list[str]:
        return [row["failure"] for row in await self._execute(QUEUED, owner=owner)]

    async def owners_with_failures(self) -> list[str]:
        return [row["owner"] for row in await self._execute(OWNERS)]

    async def drop_failures(self, owner: str) -> None:
        await self._execute(DROP_FAILURES, owner=owner)
