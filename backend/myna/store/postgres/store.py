"""The store on Postgres: answers the reads and watches the database. All writing goes through the writer lock's holder."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import asyncpg
import structlog

from myna.protocol.errors import StartupError, StoreUnavailable
from myna.protocol.views import ConversationView, MessageView, SearchHit
from myna.slices import sliced
from myna.store import pagination, search_text
from myna.store.port import EVERYTHING, Checkpoint, IdempotencyKey, IdempotencyRecord, Page, PathItem, SearchFilter
from myna.store.postgres import reading
from myna.store.postgres.compiled import Statement
from myna.store.postgres.connection import DATABASE_ERRORS, asyncpg_dsn, connect, is_outage, unavailable
from myna.store.postgres.mock_setups import PostgresMockSetups
from myna.store.postgres.old_rows import PostgresOldRows
from myna.store.postgres.pool import Pool
from myna.store.postgres.row_mapping import CHECKPOINTS, CONVERSATIONS, MESSAGES
from myna.store.postgres.schema import schema_trouble
from myna.store.postgres.writer_lock import PostgresWriterLock, acquire_writer_lock
from myna.telemetry.histogram import Histogram

log = structlog.get_logger(__name__)
Row = Mapping[str, Any]

CONNECTIONS, KEPT = 10, 5  # at most, and of those that nobody uses; Postgres' default of 100 then serves ten nodes
POOL_WAIT_S = 3.0
COMMAND_S = 5.0  # how long a statement may take before its connection is given up
PROBE_INTERVAL_S = 1.0
# Rows with a phrase's words whose order is looked at in one search. With none of them right, the page is empty and has a next.
CANDIDATES = 1_000
TITLES = 500  # conversations whose titles are compared at once: some 5 ms of the event loop

_SETTINGS = {
    "statement_timeout": "4s",  # waiting for a lock too; before COMMAND_S, so that the server itself ends what nobody waits for
    "idle_in_transaction_session_timeout": "10s",
    # What is quick depends on how much an owner has and how rare a word is, so each query gets its own plan.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
}


class PostgresStore:
    """A `Store` on the database behind a `postgresql://` URL. Raises `StartupError` for a URL that is none."""

    def __init__(self, url: str) -> None:
        self.up = False
        self.trouble: str | None = "The database has not answered yet."
        self.read_seconds = Histogram()
        self._dsn = asyncpg_dsn(url)
        self._pool = Pool(self._connect, most=CONNECTIONS, kept=KEPT, wait_s=POOL_WAIT_S)
        self.mock_setups = PostgresMockSetups(self._read)
        self.old_rows = PostgresOldRows(self._read)

    async def run(self) -> None:
        while True:
            await self._probe()
            await asyncio.sleep(PROBE_INTERVAL_S * random.uniform(0.8, 1.2))

    async def wait_up(self) -> None:
        while True:
            if await self._probe():
                return
            await asyncio.sleep(PROBE_INTERVAL_S * random.uniform(0.3, 0.7))

    async def close(self) -> None:
        await self._pool.close_idle()

    async def check_schema(self) -> None:
        try:
            async with self._pool.connection() as connection:
                trouble = await schema_trouble(connection)
        except DATABASE_ERRORS as error:
            raise self._failed(error) from error
        if trouble:
            raise StartupError(trouble)

    async def acquire_writer_lock(self) -> PostgresWriterLock | None:
        try:
            return await acquire_writer_lock(self._dsn)
        except DATABASE_ERRORS as error:
            raise self._failed(error) from error

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        rows = await self._read(reading.CHECKPOINT, older_than_s=older_than_s)
        return CHECKPOINTS.view(rows[0]) if rows else None

    async def idempotency_records(self, keys: Sequence[IdempotencyKey]) -> list[IdempotencyRecord]:
        if not keys:
            return []
        arrays = dict(zip(IdempotencyKey._fields, map(list, zip(*keys, strict=True)), strict=True))
        return [reading.idempotency_record_of(row) for row in await self._read(reading.IDEMPOTENCY_RECORDS, **arrays)]

    async def conversations(self, owner: str, *, limit: int, before: str | None, q: str | None = None) -> Page[ConversationView]:
        token = reading.NEWEST_CONVERSATION if before is None else pagination.ConversationsPageToken.parse(before)
        if q is None:
            rows = await self._read(reading.CONVERSATIONS_PAGE, owner=owner, limit=limit + 1, **token._asdict())
        else:
            rows = await self._titled(owner, search_text.parse(q), limit + 1, token)
        last = rows[limit - 1] if len(rows) > limit else None
        next_ = str(pagination.ConversationsPageToken(last["updated_at"], last["id"])) if last else None
        return Page([CONVERSATIONS.view(row) for row in rows[:limit]], next_)

    async def _titled(
        self, owner: str, query: search_text.Query | None, limit: int, token: pagination.ConversationsPageToken
    ) -> Sequence[Row]:
        """Rows whose title matches, at most `limit`. Compared here: the database folds letters by its locale, search by Unicode."""
        found: list[Row] = []
        while query is not None and len(found) < limit:
            rows = await self._read(reading.CONVERSATIONS_PAGE, owner=owner, limit=TITLES, **token._asdict())
            found += [row for row in rows if query.matches(row["title"])]
            if len(rows) < TITLES:
                break
            token = pagination.ConversationsPageToken(rows[-1]["updated_at"], rows[-1]["id"])
        return found[:limit]

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        if not pagination.is_id(conversation_id):
            return None
        rows = await self._read(reading.CONVERSATION, owner=owner, id=conversation_id)
        return CONVERSATIONS.view(rows[0]) if rows else None

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        token = reading.NEWEST_MESSAGE if before is None else pagination.MessagesPageToken.parse(before)
        if not pagination.is_id(conversation_id):
            return Page([], None)
        parameters = {"owner": owner, "conversation_id": conversation_id, "limit": limit + 1, **token._asdict()}
        rows = await self._read(reading.MESSAGES_PAGE, **parameters)
        last = rows[limit - 1] if len(rows) > limit else None
        next_ = str(pagination.MessagesPageToken(last["turn"], last["ord"])) if last else None
        views = []
        async with sliced() as pause:
            for row in reversed(rows[:limit]):
                views.append(MESSAGES.view(row))
                await pause()
        return Page(views, next_)

    async def path(self, owner: str, conversation_id: str, end: str | None, *, characters: int = 0) -> list[PathItem]:
        if not pagination.is_id(conversation_id) or (end is not None and not pagination.is_id(end)):
            return []
        rows = await self._read(reading.PATH, owner=owner, conversation_id=conversation_id, id=end, wanted=characters)
        return [PathItem(**row) for row in rows]

    async def search(self, owner: str, query: str, *, limit: int, before: str | None, only: SearchFilter = EVERYTHING) -> Page[SearchHit]:
        token = reading.NEWEST_HIT if before is None else pagination.SearchPageToken.parse(before)
        parsed = search_text.parse(query)
        if parsed is None:
            return Page([], None)
        wanted = limit + 1 if parsed.exact else max(limit + 1, CANDIDATES)
        parameters = {"owner": owner, "query": parsed.as_tsquery(owner), "limit": wanted, "ord": token.ord, **reading.narrowed(only)}
        rows = await self._read(reading.RECENT_HITS, **parameters)
        hits = await _matching(rows, parsed)
        if len(hits) <= limit and len(rows) < wanted and await self._read(reading.OLDER, owner=owner, ord=token.ord):
            rows = await self._read(reading.INDEXED_HITS, **parameters)
            hits = await _matching(rows, parsed)
        first = before is None and only == EVERYTHING
        titles = await self._title_hits(owner, parsed, min(search_text.TITLE_HITS, limit - 1)) if first else []
        titles = search_text.titles_alone(titles, {row["conversation_id"] for row in hits[:limit]})
        limit -= len(titles)
        last = hits[limit - 1] if len(hits) > limit else rows[-1] if len(rows) == wanted else None
        next_ = str(pagination.SearchPageToken(last["ord"])) if last else None
        items = []
        async with sliced() as pause:
            for row in hits[:limit]:
                items.append(search_text.hit_of(MESSAGES.view(row), parsed, row["conversation_title"]))
                await pause()
        return Page([*titles, *items], next_)

    async def _title_hits(self, owner: str, query: search_text.Query, limit: int) -> list[SearchHit]:
        """Of the newest conversations those whose title matches, at most so many."""
        rows = await self._read(reading.CONVERSATIONS_PAGE, owner=owner, limit=TITLES, **reading.NEWEST_CONVERSATION._asdict())
        found = [CONVERSATIONS.view(row) for row in rows if query.matches(row["title"])][:limit]
        last = [(await self.messages(owner, conversation.id, limit=1, before=None)).items for conversation in found]
        return [search_text.title_hit_of(conversation, query, items[0]) for conversation, items in zip(found, last, strict=True) if items]

    async def _connect(self) -> asyncpg.Connection:
        connection = await connect(self._dsn, command_s=COMMAND_S, settings=_SETTINGS)
        try:
            await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _read(self, statement: Statement, **parameters: Any) -> Sequence[Row]:
        """The rows of a query, tried once more when the connection turns out to be dead. Raises `StoreUnavailable`."""
        arguments = statement.arguments(parameters)
        try:
            rows = await self._fetch(statement.sql, arguments)
            if rows is None:  # the others that were kept are likely to be dead too
                await self._pool.close_idle()
                rows = await self._fetch(statement.sql, arguments, last=True)
        except DATABASE_ERRORS as error:
            raise self._failed(error) from error
        assert rows is not None
        return rows

    async def _fetch(self, sql: str, arguments: Sequence[Any], *, last: bool = False) -> Sequence[Row] | None:
        """The rows; None where the connection was dead and this is not the last try. Raises any of `DATABASE_ERRORS`."""
        began = monotonic()  # with the wait for a connection
        async with self._pool.connection() as connection:
            try:
                rows: Sequence[Row] = await connection.fetch(sql, *arguments)
            except DATABASE_ERRORS:
                if last or not connection.is_closed():
                    raise
                return None
        self.read_seconds.observe(monotonic() - began)
        if not self.up:
            self.up, self.trouble = True, None
            log.info("store.up")
        return rows

    async def _probe(self) -> bool:
        try:
            await self._read(reading.PROBE)
        except StoreUnavailable:
            return self.up  # a full pool or a slow statement leaves it as it was
        return True

    def _failed(self, error: BaseException) -> StoreUnavailable:
        """The error to raise; one that means an outage also marks the store as down."""
        failure = unavailable(error)
        if is_outage(error):
            if self.up:
                log.warning("store.down", why=str(failure))
            self.up, self.trouble = False, str(failure)
        return failure


async def _matching(rows: Sequence[Row], query: search_text.Query) -> Sequence[Row]:
    """Of rows with the right words those that have them in the right order."""
    if query.exact:
        return rows
    found = []
    async with sliced() as pause:
        for row in rows:
            if query.matches(row["text"]):
                found.append(row)
            await pause()
    return found
