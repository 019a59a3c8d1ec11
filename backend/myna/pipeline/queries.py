"""Route: what people read — rows in Postgres ∪ this node's window, merged by id. It never writes.

Position first, then rows: what is in the window before the rows are read is either in the rows or laid over them, so a
reader who goes on from the answer's cursor misses nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from myna.broker.port import Broker
from myna.core.projection import Projection
from myna.protocol import titles
from myna.protocol.errors import Behind, InvalidFrame, NotFound, StoreUnavailable
from myna.protocol.session import Session
from myna.protocol.views import ConversationView, MessageView, SearchHit, preview_of
from myna.store.port import Deleted, Fact, Page, Renamed, Store

PAGE_LIMIT = 200  # messages of one page when a whole conversation is read
REACH_S = 5.0  # how long a read waits for this node to have read the log up to `at_least`
SETTLE_S = 1.0  # how long it waits for what is in the window to be stored too; usually milliseconds


@dataclass(frozen=True, slots=True)
class Thread:
    """A page of a conversation and the cursor up to which it is complete."""

    items: list[MessageView]
    next: str | None
    cursor: str


class Queries:
    """Reads for one owner at a time."""

    def __init__(self, broker: Broker, store: Store, projection: Projection) -> None:
        self._broker = broker
        self._store = store
        self._projection = projection
        self.wanted = asyncio.Event()  # a reader waits for what is in the window to be stored: the recorder need gather no longer
        self._moved = asyncio.Event()

    def moved(self) -> None:
        """The timeline has reached or stored more: readers who wait look again."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def reach(self, owner: str, at_least: str | None, *, within_s: float = REACH_S) -> None:
        """Wait until this node has read the log up to a cursor. Raises `InvalidFrame` or `Behind`."""
        if at_least is None:
            return
        position = self._projection.position(owner, at_least)
        if position is None:
            raise InvalidFrame("at_least is not a cursor of this owner and epoch; take one from `welcome` or an event.")
        try:
            async with asyncio.timeout(within_s):
                while self._projection.reached < position:
                    await self._moved.wait()
        except TimeoutError:
            raise Behind("This node has not read that far yet; try again.", retry_after_s=1) from None

    async def sees(self, true: Callable[[], bool]) -> None:
        """Wait until this node has read of something in the log. Raises `Behind` when it does not in time."""
        try:
            async with asyncio.timeout(REACH_S):
                while not true():
                    await self._moved.wait()
        except TimeoutError:
            raise Behind("This node has not read that far yet; try again.", retry_after_s=1) from None

    async def _unstored(self, owner: str) -> list[Fact]:
        # Give the recorder a moment, so that pages come out of one place; then overlay what still is not there.
        try:
            async with asyncio.timeout(SETTLE_S):
                while self._store.up and self._projection.unstored(owner):
                    self.wanted.set()
                    await self._moved.wait()
        except TimeoutError:
            pass
        return self._projection.unstored(owner)

    # --- conversations ---

    async def conversations(self, session: Session, *, limit: int, before: str | None, at_least: str | None) -> Page[ConversationView]:
        """The list, newest activity first. Raises `Behind` when only the database knows and it is away."""
        await self.reach(session.owner, at_least)
        facts = await self._unstored(session.owner)
        try:
            page = await self._store.conversations(session.owner, limit=limit, before=before)
        except StoreUnavailable as error:
            facts = self._everything(session, error)
            page = Page([], None)
        if before is not None:
            return page
        rows = {view.id: view for view in page.items}
        for fact in facts:
            await self._lay_over(rows, session.owner, fact)
        items = sorted(rows.values(), key=lambda view: (view.updated_at, view.id), reverse=True)
        return Page(items, page.next)

    def _everything(self, session: Session, error: StoreUnavailable) -> list[Fact]:
        if not self._projection.window.holds_all_of(session.born_ms):
            raise Behind("The database is away; this can be read again when it is back.", retry_after_s=5) from error
        return self._projection.window.facts(session.owner)

    async def _lay_over(self, rows: dict[str, ConversationView], owner: str, fact: Fact) -> None:
        if isinstance(fact, Deleted):
            rows.pop(fact.conversation_id, None)
            return
        view = rows.get(fact.conversation_id) or await self._stored_conversation(owner, fact.conversation_id)
        if isinstance(fact, Renamed):
            if view is not None:
                rows[view.id] = replace(view, title=fact.title)
        elif view is None:
            title = titles.title_from(fact.text) if fact.role == "user" else ""
            rows[fact.conversation_id] = ConversationView(
                owner, fact.conversation_id, title, fact.created_at, fact.created_at, 1, preview_of(fact.text)
            )
        else:
            updated_at = max(view.updated_at, fact.created_at)
            rows[view.id] = replace(view, updated_at=updated_at, messages=view.messages + 1, preview=preview_of(fact.text))

    async def _stored_conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        try:
            return await self._store.conversation(owner, conversation_id)
        except StoreUnavailable:
            return None

    async def conversation(self, session: Session, conversation_id: str) -> ConversationView:
        """One conversation. Raises `NotFound`, or `Behind` when only the database knows."""
        facts = [fact for fact in await self._unstored(session.owner) if fact.conversation_id == conversation_id]
        rows: dict[str, ConversationView] = {}
        try:
            found = await self._store.conversation(session.owner, conversation_id)
        except StoreUnavailable as error:
            found = None
            facts = [fact for fact in self._everything(session, error) if fact.conversation_id == conversation_id]
        if found is not None:
            rows[found.id] = found
        for fact in facts:
            await self._lay_over(rows, session.owner, fact)
        if conversation_id not in rows:
            gone = any(isinstance(fact, Deleted) for fact in facts)
            if self._projection.open.of(session.owner, conversation_id) and not gone:
                return await self._just_begun(session, conversation_id)
            raise NotFound("There is no such conversation.")
        return rows[conversation_id]

    async def _just_begun(self, session: Session, conversation_id: str) -> ConversationView:
        job = self._projection.open.of(session.owner, conversation_id)[0].job
        return ConversationView(session.owner, conversation_id, titles.title_from(job.text), job.at, job.at, 1, preview_of(job.text))

    # --- messages ---

    async def messages(self, session: Session, conversation_id: str, *, limit: int, before: str | None, at_least: str | None) -> Thread:
        """A page of a conversation, oldest first in it; the newest page also shows the reply that runs."""
        await self.reach(session.owner, at_least)
        await self.conversation(session, conversation_id)
        facts: Sequence[Fact] = await self._unstored(session.owner)
        cursor = self._projection.cursor(session.owner)
        open_replies = self._projection.open.of(session.owner, conversation_id)
        running = [reply.view() for reply in open_replies if reply.started_at is not None]
        waiting = {reply.job.message_id for reply in open_replies if reply.started_at is None}
        try:
            page = await self._store.messages(session.owner, conversation_id, limit=limit, before=before)
        except StoreUnavailable as error:
            facts = self._everything(session, error)
            page = Page([], None)
        if before is not None:
            return Thread(page.items, page.next, cursor)
        fresh = [fact for fact in facts if isinstance(fact, MessageView) and fact.conversation_id == conversation_id]
        items = in_turns([*page.items, *fresh, *running])
        items = [replace(view, status="waiting") if view.role == "user" and view.id in waiting else view for view in items]
        return Thread(items, page.next, cursor)

    async def whole_conversation(self, session: Session, conversation_id: str) -> list[MessageView]:
        """Every message of a conversation with its replies, oldest first."""
        pages: list[list[MessageView]] = []
        before: str | None = None
        while before is not None or not pages:
            thread = await self.messages(session, conversation_id, limit=PAGE_LIMIT, before=before, at_least=None)
            pages.append(thread.items)
            before = thread.next
        return in_turns([view for page in reversed(pages) for view in page])

    # --- search ---

    async def search(self, session: Session, query: str, *, limit: int, before: str | None) -> Page[SearchHit]:
        """What the database finds, once it has what this node knows was said. Raises `StoreUnavailable` when it is away."""
        await self._unstored(session.owner)
        return await self._store.search(session.owner, query, limit=limit, before=before)


def in_turns(views: Sequence[MessageView]) -> list[MessageView]:
    """Each message followed by its replies, in the order met; the first of two with one id counts."""
    by_id = {view.id: view for view in reversed(views)}
    ordered = [by_id[view.id] for view in views if by_id[view.id] is view]
    replies: dict[str | None, list[MessageView]] = {}
    for view in ordered:
        if view.role == "assistant":
            replies.setdefault(view.message_id, []).append(view)
    turns: list[MessageView] = []
    messages = {view.id for view in ordered if view.role == "user"}
    for view in ordered:
        if view.role == "user":
            turns += [view, *replies.get(view.id, ())]
        elif view.message_id not in messages:  # its message is on an older page
            turns.append(view)
    return turns
