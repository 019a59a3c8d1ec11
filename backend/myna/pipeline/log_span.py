"""The first and last offset of the log, asked of the broker once a second at most, however many want to know."""

import asyncio

from myna.broker.port import STATUS_TIMEOUT_S, Broker
from myna.core.projection import Projection
from myna.protocol.errors import BrokerUnavailable

FRESH_S = 1.0


class LogSpan:
    """The log's ends, as old as `FRESH_S` at most."""

    def __init__(self, broker: Broker, projection: Projection) -> None:
        self._broker = broker
        self._projection = projection
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[tuple[int, int] | None] | None = None

    async def ends(self) -> tuple[int, int] | None:
        """First and last offset kept; None while the log is empty or the broker away. Raises nothing."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now - self._asked_at >= FRESH_S):
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask(), name="log-span")
        found = await asyncio.shield(self._asking)
        return None if found is None else (found[0], max(found[1], self._projection.reached.offset))

    async def _ask(self) -> tuple[int, int] | None:
        try:
            async with asyncio.timeout(STATUS_TIMEOUT_S):
                return await self._broker.log_span()
        except (BrokerUnavailable, TimeoutError):
            return None
