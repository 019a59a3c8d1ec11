"""A store in plain dicts, for unit, flow and simulation tests: no threads, no I/O, no clock but the one given.

It keeps every rule of the port (the contract suite runs over it and over Postgres). What tests may do to it besides:
`lose` and `recover` play an outage, `lose_writer_lock` and `lose_next_commit_ack` a broken connection.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar, assert_never

from msgspec import UNSET
from msgspec.structs import replace

from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.event_fields import ParentId
from myna.protocol.message_tree import newest_reply, with_parents
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable
from myna.protocol.timestamps import rfc3339
from myna.protocol.views import ConversationView, MessageView, SearchHit
from myna.store import pagination, search_text
from myna.store.conversation_summary import with_message
from myna.store.memory_mock_setups import MemoryMockSetups
from myna.store.port import (
    CHECKPOINT_INTERVAL_S,
    CHECKPOINT_RETENTION_S,
    EVERYTHING,
    PATH_LIMIT,
    Batch,
    Checkpoint,
    Deleted,
    Fact,
    IdempotencyKey,
    IdempotencyRecord,
    Page,
    PathItem,
    Renamed,
    SearchFilter,
)  # fmt: skip
from myna.telemetry.histogram import Histogram

T = TypeVar("T")
Token = TypeVar("Token", pagination.MessagesPageToken, pagination.ConversationsPageToken, pagination.SearchPageToken)


@dataclass(frozen=True, slots=True)
class _Row:
    turn: int
    ord: int
    view: MessageView


@dataclass(slots=True)
class _Conversation:
    view: ConversationView | None  # None: deleted, and a tombstone from then on
    rows: list[_Row] = field(default_factory=list)
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    checkpoint: Checkpoint


class MemoryWriterLock:
    """The writer lock of a `MemoryStore`."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    async def record(self, batch: Batch) -> int:
        return self._store._record(self, batch)

    async def release(self) -> None:
        if self._store._holder is self:
            self._store._holder = None


class MemoryStore:
    """A `Store` in this process. `clock` gives seconds since 1970 and ages the checkpoints."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.up = True
        self.read_seconds = Histogram()
        self.trouble: str | None = None
        self.refused: list[tuple[Fact, str]] = []
        self._clock = clock
        self._reachable = asyncio.Event()
        self._reachable.set()
        self._holder: MemoryWriterLock | None = None
        self._commit_ack_lost = False
        self._ord = 0
        self._rows: dict[tuple[str, str], _Row] = {}
        self._conversations: dict[tuple[str, str], _Conversation] = {}
        self._kept: list[_Kept] = []
        self.mock_setups = MemoryMockSetups(self._need_up)
        self.old_rows = self

    # --- for tests

    @property
    def stored(self) -> dict[tuple[str, str], MessageView]:
        """All messages and replies, by owner and id."""
        return {key: row.view for key, row in self._rows.items()}

    def lose(self) -> None:
        """The database goes away, and the writer lock with its connection."""
        self.up, self.trouble = False, "The database is away."
        self._reachable.clear()
        self._holder = None

    def recover(self) -> None:
        """The database is back, with all it had."""
        self.up, self.trouble = True, None
        self._reachable.set()

    def forget_everything(self) -> None:
        """Another database, empty, is in this one's place."""
        self._rows.clear()
        self._conversations.clear()
        self._kept.clear()

    def lose_next_commit_ack(self) -> None:
        """The next `record` is stored whole, but its caller gets `StoreUnavailable` and loses the writer lock."""
        self._commit_ack_lost = True

    def lose_writer_lock(self) -> None:
        """The lock's connection ends, as when its holder froze."""
        self._holder = None

    # --- the port

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def wait_up(self) -> None:
        await self._reachable.wait()

    async def close(self) -> None:
        self._holder = None

    async def check_schema(self) -> None:
        self._need_up()

    async def acquire_writer_lock(self) -> MemoryWriterLock | None:
        self._need_up()
        if self._holder is not None:
            return None
        self._holder = MemoryWriterLock(self)
        return self._holder

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        self._need_up()
        if not self._kept:
            return None
        epoch = self._kept[-1].checkpoint.epoch
        kept = [one for one in self._kept if one.checkpoint.epoch == epoch]
        old = [one for one in kept if self._clock() - one.at >= older_than_s]
        return old[-1].checkpoint if old else kept[0].checkpoint

    async def idempotency_records(self, keys: Sequence[IdempotencyKey]) -> list[IdempotencyRecord]:
        self._need_up()
        return [self._idempotency_record(key) for key in keys]

    async def conversations(self, owner: str, *, limit: int, before: str | None, q: str | None = None) -> Page[ConversationView]:
        self._need_up()
        token = None if before is None else pagination.ConversationsPageToken.parse(before)
        views = [one.view for (its, _), one in self._conversations.items() if its == owner and one.view]
        if q is not None:
            query = search_text.parse(q)
            views = [view for view in views if query is not None and query.matches(view.title)]
        return _page({pagination.ConversationsPageToken(_utc(view.updated_at), view.id): view for view in views}, token, limit)

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        self._need_up()
        found = self._conversations.get((owner, conversation_id))
        return found.view if found else None

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        self._need_up()
        token = None if before is None else pagination.MessagesPageToken.parse(before)
        found = self._conversations.get((owner, conversation_id))
        rows = found.rows if found else []
        page = _page({pagination.MessagesPageToken(row.turn, row.ord): row.view for row in rows}, token, limit)
        return Page(page.items[::-1], page.next)

    async def path(self, owner: str, conversation_id: str, end: str | None, *, characters: int = 0) -> list[PathItem]:
        self._need_up()
        found = self._conversations.get((owner, conversation_id))
        rows = {row.view.id: row.view for row in found.rows} if found else {}
        path: list[PathItem] = []
        at: ParentId = end if end is not None else next(reversed(rows), None)
        while at and at in rows and len(path) < PATH_LIMIT:
            characters -= len(rows[at].text)
            path.append(PathItem(at, rows[at].role, rows[at].text if characters >= 0 else None))
            at = rows[at].parent_id
        return path[::-1]

    async def inactive(self, days: float, *, limit: int) -> list[Deleted]:
        self._need_up()
        since = datetime.fromtimestamp(self._clock(), UTC) - timedelta(days=days)
        old = [(_utc(one.view.updated_at), Deleted(*key)) for key, one in self._conversations.items() if one.view]
        return [key for updated_at, key in sorted(old) if updated_at < since][:limit]

    async def drop_tombstones(self, days: float) -> int:
        self._need_up()
        since = self._clock() - timedelta(days=days).total_seconds()
        old = [key for key, one in self._conversations.items() if one.deleted_at is not None and one.deleted_at < since]
        for key in old:
            del self._conversations[key]
        return len(old)

    async def search(self, owner: str, query: str, *, limit: int, before: str | None, only: SearchFilter = EVERYTHING) -> Page[SearchHit]:
        self._need_up()
        token = None if before is None else pagination.SearchPageToken.parse(before)
        parsed = search_text.parse(query)
        if parsed is None:
            return Page([], None)
        rows = [row for (its, _), row in self._rows.items() if its == owner and _within(row.view, only)]
        rows = [row for row in rows if parsed.matches(row.view.text)]
        found = {pagination.SearchPageToken(row.ord): row.view for row in rows}
        first = before is None and only == EVERYTHING
        titles = self._title_hits(owner, parsed)[: min(search_text.TITLE_HITS, limit - 1)] if first else []
        titles = search_text.titles_alone(titles, {view.conversation_id for view in _page(found, token, limit).items})
        page = _page(found, token, limit - len(titles))
        hits = [search_text.hit_of(view, parsed, self._title_of(view)) for view in page.items]
        return Page([*titles, *hits], page.next)

    # --- inside

    def _title_hits(self, owner: str, query: search_text.Query) -> list[SearchHit]:
        found = [one for (its, _), one in self._conversations.items() if its == owner and one.view and query.matches(one.view.title)]
        found.sort(key=lambda one: (_utc(one.view.updated_at), one.view.id) if one.view else (), reverse=True)
        last = [max(one.rows, key=lambda row: (row.turn, row.ord)).view for one in found]
        return [search_text.title_hit_of(one.view, query, said) for one, said in zip(found, last, strict=True) if one.view]

    def _title_of(self, message: MessageView) -> str:
        conversation = self._conversations[message.owner, message.conversation_id].view
        return conversation.title if conversation is not None else ""

    def _need_up(self) -> None:
        if not self.up:
            raise StoreUnavailable(self.trouble or "The database is away.")

    def _idempotency_record(self, key: IdempotencyKey) -> IdempotencyRecord:
        message = self._rows.get((key.owner, key.id))
        reply = self._rows.get((key.owner, key.reply_id))
        conversation = self._conversations.get((key.owner, key.conversation_id))
        return IdempotencyRecord(
            message.view if message and message.view.role == "user" else None,
            reply.view if reply and reply.view.role == "assistant" else None,
            conversation is not None and conversation.view is None,
        )

    def _record(self, writer_lock: MemoryWriterLock, batch: Batch) -> int:
        self._need_up()
        if self._holder is not writer_lock:
            raise StoreUnavailable("The writer lock was lost with its connection.")
        newest = self._kept[-1].checkpoint if self._kept else None
        if newest != batch.expected:
            raise RecorderFenced("Another node has recorded since: the stored checkpoint is not the expected one.")
        refused = [(fact, reason) for fact in batch.facts if (reason := _refusal(fact))]
        self.refused += refused
        self._store([fact for fact in batch.facts if not _refusal(fact)])
        self._keep(batch.reached)
        if self._commit_ack_lost:
            self._commit_ack_lost, self._holder = False, None
            raise StoreUnavailable("The connection to the database broke.")
        return len(refused)

    def _store(self, facts: Sequence[Fact]) -> None:
        """Deletions first, then messages and replies, then titles: as the batch on Postgres does it."""
        messages: list[MessageView] = []
        renamed: list[Renamed] = []
        for fact in facts:
            match fact:
                case MessageView():
                    messages.append(fact)
                case Renamed():
                    renamed.append(fact)
                case Deleted():
                    self._delete(fact)
                case _:
                    assert_never(fact)
        if any(message.parent_id is UNSET for message in messages):
            views = [row.view for row in self._rows.values()]
            newest = {(view.owner, view.conversation_id): newest_reply(view.owner, view.id, view.role) for view in views}
            messages = with_parents(messages, newest)
        for message in messages:
            self._insert(message)
        for fact in renamed:
            self._rename(fact)

    def _insert(self, view: MessageView) -> None:
        key = view.owner, view.conversation_id
        conversation = self._conversations.get(key)
        if (view.owner, view.id) in self._rows or (conversation and conversation.view is None):
            return
        self._ord += 1
        message = self._rows.get((view.owner, view.message_id or ""))
        stored_at = rfc3339(datetime.fromtimestamp(self._clock(), UTC))
        view = replace(view, created_at=rfc3339(_utc(view.created_at)), stored_at=stored_at)
        row = _Row(message.turn if message else self._ord, self._ord, view)
        self._rows[view.owner, view.id] = row
        conversation = self._conversations.setdefault(key, _Conversation(None))
        conversation.rows.append(row)
        conversation.view = with_message(conversation.view, view)

    def _rename(self, fact: Renamed) -> None:
        found = self._conversations.get((fact.owner, fact.conversation_id))
        if found and found.view:
            found.view = replace(found.view, title=fact.title)

    def _delete(self, fact: Deleted) -> None:
        found = self._conversations.get((fact.owner, fact.conversation_id))
        for row in found.rows if found else ():
            del self._rows[row.view.owner, row.view.id]
        self._conversations[fact.owner, fact.conversation_id] = _Conversation(None, deleted_at=self._clock())

    def _keep(self, checkpoint: Checkpoint) -> None:
        now = self._clock()
        if len(self._kept) > 1:
            before, newest = self._kept[-2:]
            if newest.at - before.at < CHECKPOINT_INTERVAL_S:
                self._kept.pop()
        old = sum(now - kept.at > CHECKPOINT_RETENTION_S for kept in self._kept)
        self._kept = [*self._kept[max(0, old - 1) :], _Kept(now, checkpoint)]


def _utc(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)


def _within(view: MessageView, only: SearchFilter) -> bool:
    at = _utc(view.created_at)
    early, late = only.since is not None and at < only.since, only.until is not None and at >= only.until
    return only.role in (None, view.role) and not early and not late


def _page(items: Mapping[Token, T], before: Token | None, limit: int) -> Page[T]:
    """The first `limit` of these before a token, from the last to the first."""
    tokens = sorted((token for token in items if before is None or token < before), reverse=True)
    return Page([items[token] for token in tokens[:limit]], str(tokens[limit - 1]) if len(tokens) > limit else None)


def _refusal(fact: Fact) -> str | None:
    """Why a real database would not take this fact; None where it would."""
    return next(_refusals(fact), None)


def _refusals(fact: Fact) -> Iterator[str]:
    ids, texts = [fact.owner, fact.conversation_id], []
    match fact:
        case MessageView():
            ids += [fact.id, fact.message_id or fact.id, fact.parent_id or fact.id]
            texts += [fact.text, fact.worker or "", *((fact.error.code, fact.error.detail) if fact.error else ())]
            try:
                if datetime.fromisoformat(fact.created_at).tzinfo is None:
                    yield "A timestamp has no offset from UTC."
            except ValueError as error:
                yield str(error)
        case Renamed():
            texts += [fact.title]
        case Deleted():
            pass
        case _:
            assert_never(fact)
    if not all(map(pagination.is_id, ids)):
        yield "An id is not a UUID."
    if not all(map(is_storable, texts)):
        yield f"A text holds {REFUSED_CHARACTERS}, which Postgres cannot store."
