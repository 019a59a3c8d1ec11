"""What owners set the mock AI to, on Postgres: one statement for each call."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from myna.store.port import MOCK_FAILURES, MOCK_FAILURES_OF_OWNER, MockRules
from myna.store.postgres.compiled import statement

Execute = Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]

ALL_RULES = statement("ALL_RULES")
DROP_RULES = statement("DROP_RULES")
DROP_OLDEST_RULES = statement("DROP_OLDEST_RULES")
SET_RULES = statement("SET_RULES")
COUNT_FAILURES = statement("COUNT_FAILURES")
QUEUE_FAILURES = statement("QUEUE_FAILURES")
DROP_OLDEST_FAILURES = statement("DROP_OLDEST_FAILURES")
TAKE_FAILURE = statement("TAKE_FAILURE")
QUEUED_FAILURES = statement("QUEUED_FAILURES")
OWNERS_WITH_FAILURES = statement("OWNERS_WITH_FAILURES")
DROP_FAILURES = statement("DROP_FAILURES")


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
        (row,) = await self._execute(COUNT_FAILURES, owner=owner)
        if row["count"] + len(failures) > MOCK_FAILURES_OF_OWNER:
            return False
        rows = await self._execute(QUEUE_FAILURES, owner=owner, failures=list(failures))
        await self._execute(DROP_OLDEST_FAILURES, last=max(row["id"] for row in rows) - MOCK_FAILURES)
        return True

    async def take_failure(self, owner: str) -> str | None:
        rows = await self._execute(TAKE_FAILURE, owner=owner)
        return rows[0]["failure"] if rows else None

    async def queued_failures(self, owner: str) -> list[str]:
        return [row["failure"] for row in await self._execute(QUEUED_FAILURES, owner=owner)]

    async def owners_with_failures(self) -> list[str]:
        return [row["owner"] for row in await self._execute(OWNERS_WITH_FAILURES)]

    async def drop_failures(self, owner: str) -> None:
        await self._execute(DROP_FAILURES, owner=owner)
