"""What people read: the rows of the database and, over them, the facts that this node has read and the database lacks.

Position first, then rows: what was read before the rows were is either in them or laid over them, so a reader who goes
on from the answer's cursor misses nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from myna.core import merge
from myna.core.projection import Projection
from myna.pipeline.storage_signals import StorageSignals
from myna.protocol.errors import Behind, InvalidFrame, NotFound, StoreUnavailable
from myna.protocol.session import Session
from myna.protocol.views import ConversationView, MessageView, SearchHit
from myna.store.port import EVERYTHING, Deleted, Fact, Page, SearchFilter, Store

T = TypeVar("T")

PAGE_LIMIT = 200  # messages of one page when a whole conversation is read
REACH_S = 5.0  # how long a read waits for this node to have read the log up to `at_least`
SETTLE_S = 1.0  # how long it waits for what this node has read to be stored too; usually milliseconds
CONSISTENT_TRIES = 5  # a try takes milliseconds, and the recorder commits about ten times a second


@dataclass(frozen=True, slots=True)
class Thread:
    """A page of a conversation and the cursor up to which it is complete."""

    items: list[MessageView]
    next: str | None
    cursor: str


class Queries:
    """Reads for one owner at a time."""

    def __init__(self, store: Store, projection: Projection, signals: StorageSignals) -> None:
        self._store = store
        self._projection = projection
        self._signals = signals

    # --- waiting ---

    async def reach(self, owner: str, at_least: str | None, *, within_s: float = REACH_S) -> None:
        """Wait until this node has read the log up to a cursor. Raises `InvalidFrame` or `Behind`."""
        if at_least is None:
            return
        position = self._projection.position(owner, at_least)
        if position is None:
            raise InvalidFrame("at_least is not a cursor of this owner and epoch; take one from `welcome` or an event.")
        await self._wait(lambda: self._projection.reached >= position, within_s)

    async def sees(self, true: Callable[[], bool]) -> None:
        """Wait until this node has read of something in the log. Raises `Behind` when it does not in time."""
        await self._wait(true, REACH_S)

    async def _wait(self, true: Callable[[], bool], within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    await self._signals.wait_advanced()
        except TimeoutError:
            raise Behind("This node has not read that far yet; try again.", retry_after_s=1) from None

    async def _unstored(self, owner: str) -> list[Fact]:
        # Give the recorder a moment, so that pages come from one place; what is not stored then is laid over the rows.
        try:
            async with asyncio.timeout(SETTLE_S):
                while self._store.up and self._projection.unstored(owner):
                    self._signals.request_flush()
                    await self._signals.wait_advanced()
        except TimeoutError:
            pass
        return self._projection.unstored(owner)

    # --- conversations ---

    async def conversations(
        self, session: Session, *, limit: int, before: str | None, at_least: str | None, q: str | None = None
    ) -> Page[ConversationView]:
        """The list, newest activity first. Raises `Behind` when only the database knows and it is away.

        With `q`, what the database finds by title, as in `search`.
        """
        await self.reach(session.owner, at_least)
        if q is not None:
            await self._unstored(session.owner)
            return await self._store.conversations(session.owner, limit=limit, before=before, q=q)

        async def read(facts: Sequence[Fact]) -> tuple[dict[str, ConversationView], str | None]:
            page = await self._store.conversations(session.owner, limit=limit, before=before)
            rows = {view.id: view for view in page.items}
            if before is None:
                for conversation_id in {fact.conversation_id for fact in facts} - rows.keys():
                    if (view := await self._store.conversation(session.owner, conversation_id)) is not None:
                        rows[conversation_id] = view
            return rows, page.next

        try:
            (rows, following), facts = await self._consistently(session.owner, read)
        except StoreUnavailable as error:
            (rows, following), facts = ({}, None), self._remembered(session, error)
        if before is not None:
            return Page(list(rows.values()), following)
        for fact in facts:
            merge.add_fact(rows, fact)
        return Page(merge.newest_first(rows.values()), following)

    async def conversation(self, session: Session, conversation_id: str) -> ConversationView:
        """One conversation. Raises `NotFound`, or `Behind` when only the database knows and it is away."""
        owner = session.owner
        try:
            found, facts = await self._consistently(owner, lambda _: self._store.conversation(owner, conversation_id))
        except StoreUnavailable as error:
            found, facts = None, self._remembered(session, error)
        facts = [fact for fact in facts if fact.conversation_id == conversation_id]
        rows = {} if found is None else {found.id: found}
        for fact in facts:
            merge.add_fact(rows, fact)
        if conversation_id in rows:
            return rows[conversation_id]
        open_replies = self._projection.open_in(owner, conversation_id)
        if open_replies and not any(isinstance(fact, Deleted) for fact in facts):
            return merge.just_begun(open_replies[0])
        raise NotFound("There is no such conversation.")

    async def _consistently(self, owner: str, read: Callable[[Sequence[Fact]], Awaitable[T]]) -> tuple[T, list[Fact]]:
        """What `read` finds in the database, and the facts that it lacks: those after the checkpoint at which it was read.

        A recorder, of whichever node, may commit meanwhile; what it stores would be counted twice. One checkpoint before and
        after proves that it did not.
        """
        if not await self._unstored(owner):
            return await read(()), []
        for _ in range(CONSISTENT_TRIES):
            checkpoint = await self._store.checkpoint()
            facts = self._projection.facts_after(owner, checkpoint)
            found = await read(facts)
            if await self._store.checkpoint() == checkpoint:
                break
        return found, facts

    def _remembered(self, session: Session, error: StoreUnavailable) -> list[Fact]:
        if not self._projection.holds_all_of(session.born_ms):
            raise Behind("The database is away; this can be read again when it is back.", retry_after_s=5) from error
        return self._projection.facts(session.owner)

    # --- messages ---

    async def messages(self, session: Session, conversation_id: str, *, limit: int, before: str | None, at_least: str | None) -> Thread:
        """A page of a conversation, oldest first in it; the newest page also shows the reply that is being made."""
        await self.reach(session.owner, at_least)
        await self.conversation(session, conversation_id)
        facts = await self._unstored(session.owner)
        cursor = self._projection.cursor(session.owner)
        open_replies = self._projection.open_in(session.owner, conversation_id)
        running = [reply.view() for reply in open_replies if reply.started_at is not None]
        waiting = {reply.job.message_id for reply in open_replies if reply.started_at is None}
        try:
            page = await self._store.messages(session.owner, conversation_id, limit=limit, before=before)
        except StoreUnavailable as error:
            facts = self._remembered(session, error)
            page = Page([], None)
        if before is not None:
            return Thread(page.items, page.next, cursor)
        facts = [fact for fact in facts if fact.conversation_id == conversation_id]
        return Thread(merge.thread(page.items, facts, running, waiting), page.next, cursor)

    async def whole_conversation(
        self, session: Session, conversation_id: str, on_page: Callable[[Sequence[MessageView]], None] = lambda _: None
    ) -> list[MessageView]:
        """Every message of a conversation with its replies, oldest first. `on_page` sees each page that was read, and may raise."""
        pages: list[list[MessageView]] = []
        before: str | None = None
        while before is not None or not pages:
            thread = await self.messages(session, conversation_id, limit=PAGE_LIMIT, before=before, at_least=None)
            on_page(thread.items)
            pages.append(thread.items)
            before = thread.next
        return merge.in_turns([view for page in reversed(pages) for view in page])

    # --- search ---

    async def search(
        self, session: Session, query: str, *, limit: int, before: str | None, only: SearchFilter = EVERYTHING
    ) -> Page[SearchHit]:
        """What the database finds, once it has what this node has read. Raises `StoreUnavailable` when it is away."""
        await self._unstored(session.owner)
        return await self._store.search(session.owner, query, limit=limit, before=before, only=only)
