"""What owners set the mock AI to for their own messages: rules and queued failures, known on every node.

The store keeps it, and an event in the log tells the other nodes. A job carries its owner's rules, so that a responder
needs to know nothing of them, and a rule counts for the messages accepted after it was set.
"""

from collections.abc import Sequence

from myna.broker.port import Broker
from myna.core.fold_rules import FoldResult
from myna.core.log_observer import LogObserver
from myna.pipeline.queries import Queries
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import Busy
from myna.protocol.topology import RoutingKey
from myna.store.port import MOCK_FAILURES_OF_OWNER, MOCK_SETUPS, Store


class MockSetups(LogObserver):
    """The rules of every owner that has any, in memory; failures stay in the store until one is taken."""

    def __init__(self, broker: Broker, store: Store, queries: Queries) -> None:
        self._broker = broker
        self._store = store
        self._queries = queries
        self._rules: dict[str, str] = {}  # JSON by owner, the newest last
        self._failing: set[str] = set()  # owners that may have failures queued
        self._loaded = False

    async def load(self) -> None:
        """Learn what was set before this node started; called before it reads the log. Waits for the store."""
        if not self._loaded:
            await self._store.wait_up()
            await self._store.check_schema()
            self._rules = {one.owner: one.rules for one in await self._store.mock_setups.rules()}
            self._failing = set(await self._store.mock_setups.owners_with_failures())
            self._loaded = True

    def rules(self, owner: str) -> str | None:
        """The owner's rules, as JSON."""
        return self._rules.get(owner)

    def observe(self, folded: FoldResult) -> None:
        for event in folded.mock_setups:
            self._rules.pop(event.owner, None)
            if event.rules is not None:
                self._rules[event.owner] = event.rules
            (self._failing.add if event.failures else self._failing.discard)(event.owner)
        while len(self._rules) > MOCK_SETUPS:
            del self._rules[next(iter(self._rules))]

    async def set_rules(self, owner: str, rules: str | None) -> None:
        """Replace the owner's rules; returns when this node goes by them. Raises `StoreUnavailable` and what `_announce` does."""
        await self._store.mock_setups.set_rules(owner, rules)
        await self._announce(owner, rules, failures=owner in self._failing)

    async def queue_failures(self, owner: str, failures: Sequence[str]) -> None:
        """Let the owner's next requests fail like this, one each. Raises `Busy` where too many wait, `StoreUnavailable` and the like."""
        if not await self._store.mock_setups.queue_failures(owner, failures):
            raise Busy(f"At most {MOCK_FAILURES_OF_OWNER} failures may wait; let some happen, or DELETE them.", retry_after_s=1)
        await self._announce(owner, self._rules.get(owner), failures=True)

    async def queued_failures(self, owner: str) -> list[str]:
        """Those that wait, oldest first."""
        return await self._store.mock_setups.queued_failures(owner)

    async def take_failure(self, owner: str) -> str | None:
        """The failure that the owner's next request is to meet; no other request meets it. Raises `StoreUnavailable`."""
        if owner not in self._failing:
            return None
        failure = await self._store.mock_setups.take_failure(owner)
        if failure is None:
            self._failing.discard(owner)
        return failure

    async def clear(self, owner: str) -> None:
        """Forget the owner's rules and failures."""
        await self._store.mock_setups.set_rules(owner, None)
        await self._store.mock_setups.drop_failures(owner)
        await self._announce(owner, None, failures=False)

    async def _announce(self, owner: str, rules: str | None, *, failures: bool) -> None:
        """Tell every node, this one included. Raises `BrokerUnavailable`, or `Behind` when this node does not read of it in time."""
        event = e.MockSetupChanged(owner=owner, at=timestamps.now(), rules=rules, failures=failures)
        await self._broker.submit(RoutingKey.EVENT, [log_codec.encode(event)])
        await self._queries.sees(lambda: self._rules.get(owner) == rules and (owner in self._failing) >= failures)
