"""Stores for the contract suite: the fake in memory and a real Postgres, both behind one harness."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
from msgspec import UnsetType
from msgspec.structs import replace

from myna.protocol.events import Position, Timings
from myna.protocol.ids import reply_id_for
from myna.protocol.timestamps import rfc3339
from myna.protocol.views import MessageView
from myna.store.port import Batch, Checkpoint, Fact, IdempotencyKey, IdempotencyRecord, Page, Store, WriterLock
from myna.store.postgres.migrations import migrate
from myna.store.postgres.store import PostgresStore
from tests.fakes.memory_store import MemoryStore
from tests.services.postgres import PostgresServer

TIMEOUT_S = 30  # for what comes within milliseconds on a quiet machine
START = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class StoreHarness(ABC):
    """A store, what is done to it from outside, and a recorder that writes facts in log order."""

    store: Store
    writer_lock: WriterLock | None = None
    checkpoint: Checkpoint | None = None

    @abstractmethod
    async def second_store(self) -> Store:
        """The same database, seen from another node."""

    @abstractmethod
    async def age(self, seconds: float) -> None:
        """Let all stored checkpoints get older."""

    @abstractmethod
    async def age_rows(self, days: float) -> None:
        """Let all conversations, and what is left of deleted ones, get older."""

    @abstractmethod
    async def break_writer_lock(self) -> None:
        """End the writer lock's connection from the far side."""

    @abstractmethod
    async def refused(self) -> list[str]:
        """The reasons in `refused_facts`."""

    async def acquire_writer_lock(self) -> WriterLock:
        """The writer lock, waiting while the one before is let go."""
        self.writer_lock = await writer_lock_of(self.store)
        return self.writer_lock

    async def record(self, *facts: Fact, reached: Checkpoint | None = None) -> int:
        """Store these facts as the next batch; returns how many were refused."""
        writer_lock = self.writer_lock or await self.acquire_writer_lock()
        batch = Batch(self.checkpoint, reached or after(self.checkpoint), facts)
        refused = await writer_lock.record(batch)
        self.checkpoint = batch.reached
        return refused

    async def texts(self, owner: str, conversation_id: str) -> list[str]:
        """What a conversation holds, as its first page of a hundred shows it."""
        return [view.text for view in (await self.store.messages(owner, conversation_id, limit=100, before=None)).items]

    async def look_up(self, owner: str, conversation_id: str, id_: str) -> IdempotencyRecord:
        return (await self.store.idempotency_records([IdempotencyKey(owner, conversation_id, id_, reply_id_for(owner, id_))]))[0]

    async def close(self) -> None:
        if self.writer_lock is not None:
            await self.writer_lock.release()
        await self.store.close()


class MemoryStoreHarness(StoreHarness):
    def __init__(self) -> None:
        self.now = START.timestamp()
        self.store = self._memory = MemoryStore(clock=lambda: self.now)

    async def second_store(self) -> Store:
        return self._memory

    async def age(self, seconds: float) -> None:
        self.now += seconds

    async def age_rows(self, days: float) -> None:
        self.now += days * 24 * 3600

    async def break_writer_lock(self) -> None:
        self._memory.lose_writer_lock()

    async def refused(self) -> list[str]:
        return [reason for _, reason in self._memory.refused]


class PostgresStoreHarness(StoreHarness):
    def __init__(self, url: str) -> None:
        self.url = url
        self.store = PostgresStore(url)
        self._others: list[PostgresStore] = []

    async def second_store(self) -> Store:
        self._others.append(PostgresStore(self.url))
        return self._others[-1]

    async def fetch(self, statement: str, *values: object) -> list[Any]:
        """The first column of an outsider's statement."""
        connection = await asyncpg.connect(self.url)
        try:
            return [row[0] for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def age(self, seconds: float) -> None:
        await self.fetch("update checkpoints set at = at - $1::interval", timedelta(seconds=seconds))

    async def age_rows(self, days: float) -> None:
        await self.fetch(
            "update conversations set updated_at = updated_at - $1::interval, deleted_at = deleted_at - $1", timedelta(days=days)
        )

    async def break_writer_lock(self) -> None:
        for process in await self.writer_lock_processes():
            await self.fetch("select pg_terminate_backend($1)", process)

    async def writer_lock_processes(self) -> list[int]:
        """The server's processes that hold an advisory lock here."""
        return await self.fetch(
            "select pid from pg_locks join pg_database on oid = database where locktype = 'advisory' and datname = current_database()"
        )

    async def refused(self) -> list[str]:
        return await self.fetch("select reason from refused_facts order by id")

    async def close(self) -> None:
        await super().close()
        for other in self._others:
            await other.close()


async def writer_lock_of(store: Store) -> WriterLock:
    """The writer lock, as soon as whoever had it is gone."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            writer_lock = await store.acquire_writer_lock()
            if writer_lock is not None:
                return writer_lock
            await asyncio.sleep(0.05)


def after(checkpoint: Checkpoint | None) -> Checkpoint:
    """A checkpoint one record further."""
    at = Position(checkpoint.high.offset + 1 if checkpoint else 0, 0)
    return Checkpoint(checkpoint.epoch if checkpoint else "epoch-1", at, at, f"mark-{at.offset}")


def new_id() -> str:
    return str(uuid4())


def at(seconds: float = 0) -> str:
    """A moment of the tests' own day."""
    return rfc3339(START + timedelta(seconds=seconds))


def sent(
    owner: str,
    conversation_id: str,
    text: str,
    *,
    seconds: float = 0,
    id_: str | None = None,
    parent: MessageView | UnsetType | None = None,
) -> MessageView:
    """A person's message, and what it follows."""
    parent_id = parent.id if isinstance(parent, MessageView) else parent
    return MessageView(owner, conversation_id, id_ or new_id(), "user", text, "complete", at(seconds), parent_id=parent_id)


def reply_to(message: MessageView, text: str, *, seconds: float = 1, key: str | None = None) -> MessageView:
    """A whole reply to a message; `key` is that of a regenerate."""
    id_ = reply_id_for(message.owner, key or message.id)
    reply = replace(message, id=id_, role="assistant", text=text, created_at=at(seconds), message_id=message.id, attempt=1, parts=3)
    reply = replace(reply, parent_id=message.id)
    return replace(reply, finish_reason="stop", timings=Timings(queued_ms=2, first_part_ms=40, total_ms=900), worker="worker-1")


def numbered(count: int, owner: str, conversation_id: str, text: Callable[[int], str] = "number {}".format) -> list[MessageView]:
    """Messages one second apart, with ids that do not follow their order."""
    return [sent(owner, conversation_id, text(n), seconds=n, id_=str(uuid5(UUID(conversation_id), str(n)))) for n in range(count)]


async def all_pages(ask: Callable[[str | None], Awaitable[Page[Any]]]) -> list[list[Any]]:
    """Every page of a list, in the order asked."""
    pages, before = [], None
    while True:
        page = await ask(before)
        pages.append(page.items)
        before = page.next
        if before is None:
            return pages


def without_storing(views: Sequence[MessageView | None]) -> list[MessageView | None]:
    """Views as they were before somebody wrote down when they were stored."""
    return [view and replace(view, stored_at=None) for view in views]


async def _prepare(url: str) -> None:
    await migrate(url)


@pytest.fixture(scope="session")
async def store_database(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The URL of a database at head, one for all tests."""
    name = await postgres_server.make_database(_prepare)
    yield postgres_server.url(name)
    await postgres_server.drop_database(name)


@asynccontextmanager
async def postgres_store(url: str) -> AsyncGenerator[PostgresStoreHarness]:
    harness = PostgresStoreHarness(url)
    for table in ("conversations", "messages", "checkpoints", "refused_facts"):
        await harness.fetch(f"delete from {table}")  # noqa: S608 (made of constants)
    try:
        yield harness
    finally:
        await harness.close()


@pytest.fixture
async def postgres_harness(store_database: str) -> AsyncIterator[PostgresStoreHarness]:
    """The store on Postgres, empty, for what only a real database does."""
    async with postgres_store(store_database) as harness:
        yield harness


@pytest.fixture(params=["memory", "postgres"])
async def store_harness(request: pytest.FixtureRequest, store_database: str) -> AsyncIterator[StoreHarness]:
    """Each store in turn, empty."""
    if request.param == "memory":
        yield MemoryStoreHarness()
        return
    async with postgres_store(store_database) as harness:
        yield harness
