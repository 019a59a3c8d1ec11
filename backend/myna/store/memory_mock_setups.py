"""What owners set the mock AI to, kept in this process."""

from collections.abc import Callable, Sequence

from myna.store.port import MOCK_FAILURES, MOCK_FAILURES_OF_OWNER, MOCK_SETUPS, MockRules


class MemoryMockSetups:
    """`MockSetups` without a database; `need_up` raises while the store that they belong to plays an outage."""

    def __init__(self, need_up: Callable[[], None] = lambda: None) -> None:
        self._need_up = need_up
        self._rules: dict[str, str] = {}
        self._failures: list[tuple[str, str]] = []

    async def rules(self) -> list[MockRules]:
        self._need_up()
        return [MockRules(owner, rules) for owner, rules in self._rules.items()]

    async def set_rules(self, owner: str, rules: str | None) -> None:
        self._need_up()
        self._rules.pop(owner, None)
        if rules is not None:
            self._rules[owner] = rules
        while len(self._rules) > MOCK_SETUPS:
            del self._rules[next(iter(self._rules))]

    async def queue_failures(self, owner: str, failures: Sequence[str]) -> bool:
        if len(await self.queued_failures(owner)) + len(failures) > MOCK_FAILURES_OF_OWNER:
            return False
        self._failures = [*self._failures, *((owner, one) for one in failures)][-MOCK_FAILURES:]
        return True

    async def take_failure(self, owner: str) -> str | None:
        queued = await self.queued_failures(owner)
        if not queued:
            return None
        self._failures.remove((owner, queued[0]))
        return queued[0]

    async def queued_failures(self, owner: str) -> list[str]:
        self._need_up()
        return [one for its, one in self._failures if its == owner]

    async def owners_with_failures(self) -> list[str]:
        self._need_up()
        return list({owner for owner, _ in self._failures})

    async def drop_failures(self, owner: str) -> None:
        self._need_up()
        self._failures = [(its, one) for its, one in self._failures if its != owner]
