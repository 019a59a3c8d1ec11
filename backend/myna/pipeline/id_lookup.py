"""Looks ids up in the database, all that wait together in one round trip."""

import asyncio

from myna.protocol.errors import StoreUnavailable
from myna.store.port import IdempotencyKey, Known, Store


class IdLookup:
    """One query at a time; what is asked meanwhile goes together in the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: list[tuple[IdempotencyKey, asyncio.Future[Known | None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def known(self, key: IdempotencyKey) -> Known | None:
        """What the rows know of an id; None when the database is away. Other faults of the store are raised."""
        future: asyncio.Future[Known | None] = asyncio.get_running_loop().create_future()
        self._asked.append((key, future))
        if self._running is None:
            self._running = asyncio.create_task(self._answer_all(), name="id look-up")
        return await future

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                await self._answer(asked)
        finally:
            self._running = None

    async def _answer(self, asked: list[tuple[IdempotencyKey, asyncio.Future[Known | None]]]) -> None:
        found: list[Known | None] = [None] * len(asked)
        try:
            found = list(await self._store.known([key for key, _ in asked]))
        except StoreUnavailable:
            pass
        except Exception as error:
            # Whoever waits is told, and the next ones are looked up as if nothing had been.
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), known in zip(asked, found, strict=True):
            if not future.done():
                future.set_result(known)
