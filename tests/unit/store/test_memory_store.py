"""The faults that the in-memory store plays for other tests."""

import asyncio

import pytest

from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.events import Position
from myna.protocol.views import MessageView
from myna.store.port import Batch, Checkpoint
from tests.fakes.memory_store import MemoryStore

OWNER, CONVERSATION, MESSAGE = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
HELLO = MessageView(OWNER, CONVERSATION, MESSAGE, "user", "hello", "complete", "2026-05-01T12:00:00.000Z")
REACHED = Checkpoint("epoch", Position(0, 0), Position(0, 0), "mark")


async def test_a_lost_store_refuses_everything_and_keeps_what_it_had() -> None:
    store = MemoryStore()
    writer_lock = await store.acquire_writer_lock()
    assert writer_lock
    await writer_lock.record(Batch(None, REACHED, (HELLO,)))
    store.lose()
    assert (store.up, bool(store.trouble)) == (False, True)
    waiting = asyncio.create_task(store.wait_up())
    for refused in (
        store.checkpoint(),
        store.acquire_writer_lock(),
        store.idempotency_records([]),
        store.check_schema(),
        writer_lock.record(Batch(REACHED, REACHED)),
    ):
        with pytest.raises(StoreUnavailable):
            await refused
    assert not waiting.done()
    store.recover()
    await waiting
    assert await store.checkpoint() == REACHED
    with pytest.raises(StoreUnavailable, match="writer lock was lost"):
        await writer_lock.record(Batch(REACHED, REACHED))
    assert await store.acquire_writer_lock() is not None


async def test_a_lost_answer_leaves_the_batch_stored_and_the_recorder_fenced() -> None:
    store = MemoryStore()
    writer_lock = await store.acquire_writer_lock()
    assert writer_lock
    store.lose_next_commit_ack()
    with pytest.raises(StoreUnavailable):
        await writer_lock.record(Batch(None, REACHED, (HELLO,)))
    assert await store.checkpoint() == REACHED
    again = await store.acquire_writer_lock()
    assert again
    with pytest.raises(RecorderFenced):
        await again.record(Batch(None, REACHED, (HELLO,)))
