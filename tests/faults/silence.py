"""The longest time in which nobody's reply ended, while a fault happens under load."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.faults.cluster import record_recovery
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget

LOOK_EVERY_S = 0.02


@asynccontextmanager
async def silence(clients: Sequence[RetryingClient], what: str, within_s: float) -> AsyncIterator[None]:
    """Print the longest silence inside; raises `TimeoutError` when it is over its limit."""
    gaps: list[float] = []
    watching = asyncio.create_task(_watch(clients, gaps))
    try:
        yield
        await asyncio.sleep(1)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
    record_recovery(f"{what}, the longest time without a reply", max(gaps), budget(within_s))


async def _watch(clients: Sequence[RetryingClient], gaps: list[float]) -> None:
    seen, last = [len(client.frames) for client in clients], time.monotonic()
    gaps.append(0.0)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        gaps[-1] = time.monotonic() - last
        new = [frame for client, at in zip(clients, seen, strict=True) for frame in client.frames[at:]]
        seen = [len(client.frames) for client in clients]
        if any(frame["type"] == "reply.completed" for frame in new):
            last = time.monotonic()
            gaps.append(0.0)
