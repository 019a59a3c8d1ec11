"""What is read is right while the recorder stores it, and when the database is away."""

from collections.abc import Awaitable, Callable

import pytest

from myna.core.projection import Projection
from myna.pipeline.queries import SETTLE_S, Queries
from myna.pipeline.storage_signals import StorageSignals
from myna.protocol.errors import Behind, NotFound
from myna.protocol.session import Session
from myna.protocol.views import ConversationView
from myna.store.port import Batch, Checkpoint, Page
from tests.fakes.memory_store import MemoryStore
from tests.simulation.virtual_time import VirtualLoop, clock, run
from tests.unit.log_events import ANN, CONVERSATION, OTHER_CONVERSATION, accepted_message, at, deleted, record, renamed, whole

SESSION = Session(ANN, "", 0)


class BusyStore(MemoryStore):
    """Stores what is pending just before it answers a read of conversations, as another node's recorder may."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__(clock(loop))
        self.projection = Projection("e1")
        self.queries = Queries(self, self.projection, StorageSignals())
        self.batches: list[Batch] = []
        self._last: Checkpoint | None = None

    def say(self, number: int, conversation: str = CONVERSATION) -> None:
        """A message and its reply are read in the log, and wait for the recorder."""
        for event in whole(accepted_message(number, f"message {number}", conversation=conversation, when=at(1_000 * number)), "reply"):
            self.projection.fold(record(self.projection.reached.offset + 1, event), 0.0)
        reached, facts = self.projection.batch()
        self.batches.append(Batch(self._last, reached, facts[-2:]))
        self._last = reached

    async def store_next(self) -> None:
        writer_lock = await self.acquire_writer_lock()
        assert writer_lock is not None
        await writer_lock.record(self.batches.pop(0))
        await writer_lock.release()

    async def conversations(self, owner: str, *, limit: int, before: str | None, q: str | None = None) -> Page[ConversationView]:
        if self.batches:
            await self.store_next()
        return await super().conversations(owner, limit=limit, before=before, q=q)

    async def conversation(self, owner: str, conversation_id: str) -> ConversationView | None:
        if self.batches:
            await self.store_next()
        return await super().conversation(owner, conversation_id)


def with_store(test: Callable[[BusyStore], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await test(BusyStore(loop))

    run(main)


async def listed(store: BusyStore, limit: int = 100) -> list[tuple[str, int]]:
    page = await store.queries.conversations(SESSION, limit=limit, before=None, at_least=None)
    return [(view.id, view.messages) for view in page.items]


def test_what_the_recorder_stores_while_the_list_is_read_is_counted_once() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        store.say(2)
        assert await listed(store) == [(CONVERSATION, 4)]

    with_store(test)


def test_what_the_recorder_stores_while_one_conversation_is_read_is_counted_once() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        store.say(2)
        assert (await store.queries.conversation(SESSION, CONVERSATION)).messages == 4

    with_store(test)


def test_a_conversation_of_an_older_page_moves_up_with_all_its_messages() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        await store.store_next()
        store.say(2, OTHER_CONVERSATION)
        await store.store_next()
        store.say(3)
        store.batches.clear()  # and nobody stores it
        assert dict(await listed(store, limit=1)) == {CONVERSATION: 4, OTHER_CONVERSATION: 2}

    with_store(test)


def test_a_recorder_that_never_rests_does_not_keep_a_reader_waiting() -> None:
    async def test(store: BusyStore) -> None:
        for number in range(1, 30):
            store.say(number)
        assert [conversation for conversation, _ in await listed(store)] == [CONVERSATION]

    with_store(test)


def test_what_is_not_stored_is_laid_over_the_rows() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        store.say(2, OTHER_CONVERSATION)
        await store.store_next()
        await store.store_next()
        for event in (renamed("another title"), deleted(conversation=OTHER_CONVERSATION)):
            store.projection.fold(record(store.projection.reached.offset + 1, event), 0.0)
        page = await store.queries.conversations(SESSION, limit=100, before=None, at_least=None)
        assert [(view.id, view.title, view.messages) for view in page.items] == [(CONVERSATION, "another title", 2)]
        with pytest.raises(NotFound):
            await store.queries.conversation(SESSION, OTHER_CONVERSATION)

    with_store(test)


def test_with_the_database_away_a_node_shows_what_it_remembers_whole_and_nothing_else() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        store.lose()
        assert await listed(store) == [(CONVERSATION, 2)]
        store.projection.begins_at("2026-01-01T00:00:00.000Z")
        with pytest.raises(Behind):
            await listed(store)

    with_store(test)


def test_a_reader_waits_a_bounded_time_for_the_recorder() -> None:
    async def main(loop: VirtualLoop) -> None:
        store = MemoryStore(clock(loop))
        projection = Projection("e1")
        for event in whole(accepted_message(1), "a"):
            projection.fold(record(projection.reached.offset + 1, event), 0.0)
        queries = Queries(store, projection, StorageSignals())
        assert (await queries.conversation(SESSION, CONVERSATION)).messages == 2
        assert loop.now == pytest.approx(SETTLE_S)

    run(main)


def test_after_the_log_was_replaced_what_is_stored_is_not_counted_again() -> None:
    async def test(store: BusyStore) -> None:
        store.say(1)
        reached: Checkpoint = store.batches[0].reached
        await store.store_next()
        store.projection.stored_to(reached)
        store.projection.restart("e2")
        assert await listed(store) == [(CONVERSATION, 2)]

    with_store(test)
