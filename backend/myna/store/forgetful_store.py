"""A store that keeps no conversation: for a node that stands in for a model in somebody's tests, and is gone after them."""

import asyncio
from collections.abc import Sequence

from myna.protocol.views import ConversationView, MessageView, SearchHit
from myna.store.memory_mock_setups import MemoryMockSetups
from myna.store.port import EVERYTHING, Batch, Checkpoint, Deleted, IdempotencyKey, IdempotencyRecord, Page, PathItem, SearchFilter
from myna.telemetry.histogram import Histogram


class ForgetfulStore:
    """A `Store` of one node, which is given everything and keeps how far that went, and what owners set the mock AI to."""

    def __init__(self) -> None:
        self.up = True
        self.read_seconds = Histogram()
        self.trouble: str | None = None
        self.mock_setups = MemoryMockSetups()
        self.old_rows = self
        self._checkpoint: Checkpoint | None = None

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def wait_up(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def check_schema(self) -> None:
        pass

    async def acquire_writer_lock(self) -> "ForgetfulStore":
        return self

    async def record(self, batch: Batch) -> int:
        self._checkpoint = batch.reached
        return 0

    async def release(self) -> None:
        pass

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        return self._checkpoint

    async def inactive(self, days: float, *, limit: int) -> list[Deleted]:
        return []

    async def drop_tombstones(self, days: float) -> int:
        return 0

    async def idempotency_records(self, keys: Sequence[IdempotencyKey]) -> list[IdempotencyRecord]:
        return [IdempotencyRecord()] * len(keys)

    async def conversations(self, owner: str, *, limit: int, before: str | None, q: str | None = None) -> Page[ConversationView]:
        return Page([], None)

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        return None

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        return Page([], None)

    async def path(self, owner: str, conversation_id: str, end: str | None, *, characters: int = 0) -> list[PathItem]:
        return []

    async def search(self, owner: str, query: str, *, limit: int, before: str | None, only: SearchFilter = EVERYTHING) -> Page[SearchHit]:
        return Page([], None)
