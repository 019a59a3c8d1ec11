"""Door: the store's twin in plain dicts, for unit, flow and simulation tests. No threads, no I/O, no clock but the one given.

It means the same as postgres.py to the last rule (tests/contract/test_store.py runs on both); `lose` and `recover` play an outage.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeVar

from msgspec.structs import replace

from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable
from myna.protocol.timestamps import rfc3339
from myna.protocol.titles import title_from
from myna.protocol.views import ConversationView, MessageView, SearchHit, preview_of
from myna.store import pagination, search_text
from myna.store.port import (
    CHECKPOINT_INTERVAL_S,
    CHECKPOINT_RETENTION_S,
    Batch,
    Checkpoint,
    Deleted,
    Fact,
    IdempotencyKey,
    Known,
    Page,
    Renamed,
)

T = TypeVar("T")
Place = TypeVar("Place", pagination.InMessages, pagination.InConversations, pagination.InSearch)


@dataclass(frozen=True, slots=True)
class _Row:
    turn: int
    ord: int
    view: MessageView


@dataclass(slots=True)
class _Conversation:
    view: ConversationView | None  # None: deleted, and a tombstone from then on
    rows: list[_Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    checkpoint: Checkpoint


class MemoryWriterLock:
    """The seat of a `MemoryStore`."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    async def record(self, batch: Batch) -> int:
        return self._store._record(self, batch)

    async def release(self) -> None:
        self._store._leave(self)


class MemoryStore:
    """Everything a `Store` promises, in this process only. `clock` gives seconds since 1970 and ages the checkpoints."""

    kind: Literal["postgres", "memory"] = "memory"

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.up = True
        self.trouble: str | None = None
        self.refused: list[tuple[Fact, str]] = []
        self._clock = clock
        self._answers = asyncio.Event()
        self._answers.set()
        self._seat: MemoryWriterLock | None = None
        self._answer_lost = False
        self._ord = 0
        self._rows: dict[tuple[str, str], _Row] = {}
        self._conversations: dict[tuple[str, str], _Conversation] = {}
        self._kept: list[_Kept] = []

    # --- what a test does to it

    def lose(self) -> None:
        """The database goes away, and the seat with its connection."""
        self.up, self.trouble = False, "The database is away."
        self._answers.clear()
        self._seat = None

    def recover(self) -> None:
        """The database is back, with all it had."""
        self.up, self.trouble = True, None
        self._answers.set()

    def lose_next_commit_ack(self) -> None:
        """The next `record` is stored whole, but its caller hears `StoreUnavailable` and loses the seat."""
        self._answer_lost = True

    def lose_writer_lock(self) -> None:
        """The seat's connection ends, as when its holder froze."""
        self._seat = None

    # --- the port

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def wait_up(self) -> None:
        await self._answers.wait()

    async def close(self) -> None:
        self._seat = None

    async def check_schema(self) -> None:
        self._need_up()

    async def acquire_writer_lock(self) -> MemoryWriterLock | None:
        self._need_up()
        if self._seat is not None:
            return None
        self._seat = MemoryWriterLock(self)
        return self._seat

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        self._need_up()
        if not self._kept:
            return None
        epoch = self._kept[-1].checkpoint.epoch
        kept = [one for one in self._kept if one.checkpoint.epoch == epoch]
        old = [one for one in kept if self._clock() - one.at >= older_than_s]
        return old[-1].checkpoint if old else kept[0].checkpoint

    async def known(self, keys: Sequence[IdempotencyKey]) -> list[Known]:
        self._need_up()
        return [self._known(key) for key in keys]

    async def conversations(self, owner: str, *, limit: int, before: str | None) -> Page[ConversationView]:
        self._need_up()
        place = None if before is None else pagination.in_conversations(before)
        views = [one.view for (its, _), one in self._conversations.items() if its == owner and one.view]
        return _page({pagination.InConversations(_moment(view.updated_at), view.id): view for view in views}, place, limit)

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        self._need_up()
        found = self._conversations.get((owner, conversation_id))
        return found.view if found else None

    async def messages(self, owner: str, conversation_id: str, *, limit: int, before: str | None) -> Page[MessageView]:
        self._need_up()
        place = None if before is None else pagination.in_messages(before)
        found = self._conversations.get((owner, conversation_id))
        rows = found.rows if found else []
        page = _page({pagination.InMessages(row.turn, row.ord): row.view for row in rows}, place, limit)
        return Page(page.items[::-1], page.next)

    async def search(self, owner: str, query: str, *, limit: int, before: str | None) -> Page[SearchHit]:
        self._need_up()
        place = None if before is None else pagination.in_search(before)
        sought = search_text.parse(query)
        if sought is None:
            return Page([], None)
        rows = [row for (its, _), row in self._rows.items() if its == owner and sought.matches(row.view.text)]
        page = _page({pagination.InSearch(row.ord): row.view for row in rows}, place, limit)
        return Page([_hit(view, sought) for view in page.items], page.next)

    # --- inside

    def _need_up(self) -> None:
        if not self.up:
            raise StoreUnavailable(self.trouble or "The database is away.")

    def _known(self, key: IdempotencyKey) -> Known:
        message = self._rows.get((key.owner, key.id))
        reply = self._rows.get((key.owner, key.reply_id))
        conversation = self._conversations.get((key.owner, key.conversation_id))
        return Known(
            message.view if message and message.view.role == "user" else None,
            reply.view if reply and reply.view.role == "assistant" else None,
            conversation is not None and conversation.view is None,
        )

    def _leave(self, writer_lock: MemoryWriterLock) -> None:
        if self._seat is writer_lock:
            self._seat = None

    def _record(self, writer_lock: MemoryWriterLock, batch: Batch) -> int:
        self._need_up()
        if self._seat is not writer_lock:
            raise StoreUnavailable("The recorder's seat was lost with its connection.")
        newest = self._kept[-1].checkpoint if self._kept else None
        if newest != batch.expected:
            raise RecorderFenced("Another node has recorded since: the stored checkpoint is not the expected one.")
        refused = [(fact, reason) for fact in batch.facts if (reason := _refusal(fact))]
        facts = [fact for fact in batch.facts if not _refusal(fact)]
        self.refused += refused
        for fact in facts:
            if isinstance(fact, Deleted):
                self._delete(fact)
        for fact in facts:
            if isinstance(fact, MessageView):
                self._insert(fact)
        for fact in facts:
            if isinstance(fact, Renamed):
                self._rename(fact)
        self._keep(batch.reached)
        if self._answer_lost:
            self._answer_lost, self._seat = False, None
            raise StoreUnavailable("The connection to the database broke.")
        return len(refused)

    def _insert(self, view: MessageView) -> None:
        conversation = self._conversations.get((view.owner, view.conversation_id))
        if (view.owner, view.id) in self._rows or (conversation and conversation.view is None):
            return
        self._ord += 1
        asked = self._rows.get((view.owner, view.message_id or ""))
        at = rfc3339(_moment(view.created_at))
        stored_at = rfc3339(datetime.fromtimestamp(self._clock(), UTC))
        row = _Row(asked.turn if asked else self._ord, self._ord, replace(view, created_at=at, stored_at=stored_at))
        self._rows[view.owner, view.id] = row
        if conversation is None or conversation.view is None:
            title = title_from(view.text) if view.text.strip() else ""
            conversation = _Conversation(ConversationView(view.owner, view.conversation_id, title, at, at, 0, ""))
            self._conversations[view.owner, view.conversation_id] = conversation
        conversation.rows.append(row)
        seen = conversation.view
        assert seen is not None
        conversation.view = replace(
            seen, updated_at=max(seen.updated_at, at), messages=seen.messages + 1, preview=preview_of(view.text) or seen.preview
        )

    def _rename(self, fact: Renamed) -> None:
        found = self._conversations.get((fact.owner, fact.conversation_id))
        if found and found.view:
            found.view = replace(found.view, title=fact.title)

    def _delete(self, fact: Deleted) -> None:
        found = self._conversations.get((fact.owner, fact.conversation_id))
        for row in found.rows if found else ():
            del self._rows[row.view.owner, row.view.id]
        self._conversations[fact.owner, fact.conversation_id] = _Conversation(None)

    def _keep(self, checkpoint: Checkpoint) -> None:
        now = self._clock()
        if len(self._kept) > 1:
            before, newest = self._kept[-2:]
            if newest.at - before.at < CHECKPOINT_INTERVAL_S:
                self._kept.pop()
        old = sum(now - kept.at > CHECKPOINT_RETENTION_S for kept in self._kept)
        self._kept = [*self._kept[max(0, old - 1) :], _Kept(now, checkpoint)]


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)


def _page(placed: Mapping[Place, T], before: Place | None, limit: int) -> Page[T]:
    """The first `limit` of these before a place, from the last place to the first."""
    places = sorted((place for place in placed if before is None or place < before), reverse=True)
    return Page([placed[place] for place in places[:limit]], str(places[limit - 1]) if len(places) > limit else None)


def _hit(view: MessageView, query: search_text.Query) -> SearchHit:
    return SearchHit(view.conversation_id, view.id, view.role, search_text.snippet(view.text, query), view.created_at)


def _refusal(fact: Fact) -> str | None:
    """Why a real database would not take this fact; None where it would."""
    if isinstance(fact, MessageView):
        ids = [fact.owner, fact.id, fact.conversation_id, fact.message_id]
        texts = [fact.text, fact.worker, *((fact.error.code, fact.error.detail) if fact.error else ())]
        try:
            _moment(fact.created_at)
        except ValueError as error:
            return str(error)
    else:
        ids = [fact.owner, fact.conversation_id]
        texts = [fact.title] if isinstance(fact, Renamed) else []
    if not all(pagination.is_id(one) for one in ids if one is not None):
        return "An id is not a UUID."
    if not all(is_storable(one) for one in texts if one):
        return f"A text holds {REFUSED_CHARACTERS}, which Postgres cannot store."
    return None
