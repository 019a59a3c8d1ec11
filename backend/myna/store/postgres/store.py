"""The store on Postgres: answers queries and watches the database. All writing goes through the writer lock's holder."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog
from sqlalchemy import Row, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from myna.protocol.errors import StartupError, StoreUnavailable
from myna.protocol.views import ConversationView, MessageView, SearchHit
from myna.store import pagination, search_text
from myna.store.port import Checkpoint, IdempotencyKey, Known, Page
from myna.store.postgres import reading
from myna.store.postgres.connection import FAULTS, address_of, connect, is_outage, unavailable
from myna.store.postgres.migrations import schema_trouble
from myna.store.postgres.writer_lock import PostgresWriterLock, acquire_writer_lock, checkpoint_of

log = structlog.get_logger(__name__)

POOL, OVERFLOW = 5, 5  # connections kept, and more in a rush; Postgres' default of 100 then serves ten nodes
POOL_WAIT_S = 3.0
ANSWER_S = 5.0  # how long a statement may take before its connection is given up
LOOK_EACH_S = 1.0
CANDIDATES = (
    1_000  # rows with a phrase's words whose order is looked at in one search; with none of them right, the page is empty and has a next
)

_SETTINGS = {
    "statement_timeout": "4s",  # waiting for a lock too; before ANSWER_S, so that the server itself ends what nobody waits for
    "idle_in_transaction_session_timeout": "10s",
    # What is quick depends on how much an owner has and how rare a word is, so each question gets its own plan.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
}


class PostgresStore:
    """A `Store` on the database behind a `postgresql://` URL. Raises `StartupError` for a URL that is none."""

    def __init__(self, url: str) -> None:
        self.up = False
        self.trouble: str | None = "The database has not answered yet."
        self._address = address_of(url)
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            isolation_level="AUTOCOMMIT",  # each question is one statement
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_timeout=POOL_WAIT_S,
        )

    async def _connect(self) -> asyncpg.Connection:
        return await connect(self._address, command_s=ANSWER_S, settings=_SETTINGS)

    async def run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_EACH_S * random.uniform(0.8, 1.2))

    async def wait_up(self) -> None:
        while True:
            if await self._look():
                return
            await asyncio.sleep(LOOK_EACH_S * random.uniform(0.3, 0.7))

    async def close(self) -> None:
        await self._engine.dispose()

    async def check_schema(self) -> None:
        try:
            async with self._engine.connect() as connection:
                trouble = await connection.run_sync(schema_trouble)
        except FAULTS as error:
            raise self._fault(error) from error
        if trouble:
            raise StartupError(trouble)

    async def acquire_writer_lock(self) -> PostgresWriterLock | None:
        try:
            return await acquire_writer_lock(self._address)
        except FAULTS as error:
            raise self._fault(error) from error

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        rows = await self._read(reading.CHECKPOINT, older_than_s=older_than_s)
        return checkpoint_of(rows[0]._mapping) if rows else None

    async def known(self, keys: Sequence[IdempotencyKey]) -> list[Known]:
        if not keys:
            return []
        arrays = dict(zip(IdempotencyKey._fields, map(list, zip(*keys, strict=True)), strict=True))
        return [reading.known_of(row) for row in await self._read(reading.KNOWN, **arrays)]

    async def conversations(self, owner: str, *, limit: int, before: str | None) -> Page[ConversationView]:
        place = reading.NEWEST_CONVERSATION if before is None else pagination.in_conversations(before)
        rows = await self._read(reading.CONVERSATIONS, owner=owner, limit=limit + 1, **place._asdict())
        next_ = str(pagination.InConversations(rows[limit - 1].updated_at, str(rows[limit - 1].id))) if len(rows) > limit else None
        return Page([reading.conversation_of(row) for row in rows[:limit]], next_)

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        if not pagination.is_id(conversation_id):
            return None
        rows = await self._read(reading.CONVERSATION, owner=owner, id=conversation_id)
        return reading.conversation_of(rows[0]) if rows else None

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        place = reading.NEWEST_MESSAGE if before is None else pagination.in_messages(before)
        if not pagination.is_id(conversation_id):
            return Page([], None)
        asked = {"owner": owner, "conversation_id": conversation_id, "limit": limit + 1, **place._asdict()}
        rows = await self._read(reading.MESSAGES, **asked)
        next_ = str(pagination.InMessages(rows[limit - 1].turn, rows[limit - 1].ord)) if len(rows) > limit else None
        return Page([reading.message_of(row) for row in reversed(rows[:limit])], next_)

    async def search(self, owner: str, query: str, *, limit: int, before: str | None) -> Page[SearchHit]:
        place = reading.NEWEST_HIT if before is None else pagination.in_search(before)
        sought = search_text.parse(query)
        if sought is None:
            return Page([], None)
        wanted = limit + 1 if sought.exact else max(limit + 1, CANDIDATES)
        asked = {"owner": owner, "query": sought.as_tsquery(owner), "limit": wanted, "ord": place.ord}
        rows = await self._read(reading.RECENT_HITS, **asked)
        found = _right(rows, sought)
        if len(found) <= limit and len(rows) < wanted and await self._read(reading.OLDER, owner=owner, ord=place.ord):
            rows = await self._read(reading.INDEXED_HITS, **asked)
            found = _right(rows, sought)
        next_ = str(pagination.InSearch(rows[-1].ord)) if len(rows) == wanted else None
        if len(found) > limit:
            next_ = str(pagination.InSearch(found[limit - 1].ord))
        return Page([reading.hit_of(row, sought) for row in found[:limit]], next_)

    async def _read(self, statement: Select[Any], **asked: Any) -> Sequence[Row[Any]]:
        """The rows of a question, asked again once when the connection turns out to be dead. Raises `StoreUnavailable`."""
        try:
            try:
                return await self._ask(statement, asked)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return await self._ask(statement, asked)
        except FAULTS as error:
            raise self._fault(error) from error

    async def _ask(self, statement: Select[Any], asked: dict[str, Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            try:
                rows: Sequence[Row[Any]] = (await connection.execute(statement, asked)).all()
            except TimeoutError:
                await connection.invalidate()  # whatever it still answers is nobody's
                raise
        self._answered()
        return rows

    async def _look(self) -> bool:
        try:
            await self._read(reading.LOOK)
        except StoreUnavailable:
            return self.up  # a full pool or a slow statement leaves it as it was
        return True

    def _answered(self) -> None:
        if not self.up:
            self.up, self.trouble = True, None
            log.info("store.up")

    def _fault(self, error: BaseException) -> StoreUnavailable:
        fault = unavailable(error)
        if is_outage(error):
            if self.up:
                log.warning("store.down", why=str(fault))
            self.up, self.trouble = False, str(fault)
        return fault


def _right(rows: Sequence[Row[Any]], sought: search_text.Query) -> list[Row[Any]]:
    """Of rows with the right words those that have them in the right order."""
    return [row for row in rows if sought.exact or sought.matches(row.text)]
