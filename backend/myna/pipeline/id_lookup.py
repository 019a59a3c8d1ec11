"""Looks ids up in the database, all that wait together in one round trip."""

import asyncio

from myna.protocol.errors import StoreUnavailable
from myna.store.port import IdempotencyKey, IdempotencyRecord, Store


class IdLookup:
    """One query at a time; what is asked meanwhile goes together in the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: list[tuple[IdempotencyKey, asyncio.Future[IdempotencyRecord | None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def find(self, key: IdempotencyKey) -> IdempotencyRecord | None:
        """What the rows know of an id; None when the database is away. Other faults of the store are raised."""
        future: asyncio.Future[IdempotencyRecord | None] = asyncio.get_running_loop().create_future()
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

    async def _answer(self, asked: list[tuple[IdempotencyKey, asyncio.Future[IdempotencyRecord | None]]]) -> None:
        found: list[IdempotencyRecord | None] = [None] * len(asked)
        try:
            found = list(await self._store.idempotency_records([key for key, _ in asked]))
        except StoreUnavailable:
            pass
        except Exception as error:
            # Whoever waits is told, and the next ones are looked up as if nothing had been.
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), record in zip(asked, found, strict=True):
            if not future.done():
                future.set_result(record)
