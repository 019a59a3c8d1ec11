"""What a store promises about recording: writer lock, fence, once and only once, what is refused, what is deleted."""

import pytest
from msgspec.structs import replace

from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.events import Position
from myna.protocol.views import ReplyError
from myna.store.port import Batch, Checkpoint, Deleted, IdempotencyKey, IdempotencyRecord, Renamed
from tests.contract.store_fixtures import (
    PostgresStoreHarness,
    StoreHarness,
    after,
    new_id,
    numbered,
    reply_to,
    sent,
    without_storing,
    writer_lock_of,
)

HOSTILE = '\'; DROP TABLE messages; -- \\ $1 %s {} "x" \N{PILE OF POO}\n\t\x01 </script>'


async def test_what_was_recorded_is_read_back_to_the_last_field(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    message = sent(owner, conversation, "Tell me something")
    reply = reply_to(message, "Something.")
    failed = replace(
        reply_to(message, "", key=new_id()),
        status="failed",
        finish_reason=None,
        timings=None,
        parts=None,
        error=ReplyError("refused", "No.", True),
    )
    await store_harness.record(message, reply, failed)
    page = await store_harness.store.messages(owner, conversation, limit=10, before=None)
    assert without_storing(page.items) == [message, reply, failed]
    assert all(view.stored_at for view in page.items)
    line = await store_harness.store.conversation(owner, conversation)
    assert line is not None
    assert (line.title, line.preview, line.messages) == ("Tell me something", "Something.", 3)
    assert (line.created_at, line.updated_at) == (message.created_at, reply.created_at)


async def test_storing_a_batch_twice_changes_nothing(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    message = sent(owner, conversation, "once")
    facts = (message, reply_to(message, "only"))
    await store_harness.record(*facts)
    before = (
        await store_harness.store.messages(owner, conversation, limit=10, before=None),
        await store_harness.store.conversation(owner, conversation),
    )
    assert await store_harness.record(*facts, *facts) == 0
    assert await store_harness.record(replace(message, text="another text under the same id")) == 0
    after_ = (
        await store_harness.store.messages(owner, conversation, limit=10, before=None),
        await store_harness.store.conversation(owner, conversation),
    )
    assert after_ == before


async def test_a_batch_that_holds_a_message_twice_stores_the_first(store_harness: StoreHarness) -> None:
    message = sent(new_id(), new_id(), "first")
    await store_harness.record(message, replace(message, text="second"))
    assert await store_harness.texts(message.owner, message.conversation_id) == ["first"]


async def test_recording_is_fenced_when_another_has_recorded_since(store_harness: StoreHarness) -> None:
    message = sent(new_id(), new_id(), "hello")
    await store_harness.record(sent(new_id(), new_id(), "before"))
    writer_lock, first = store_harness.writer_lock, store_harness.checkpoint
    assert writer_lock
    await store_harness.record(sent(new_id(), new_id(), "by another"))
    stale = Batch(first, Checkpoint("epoch-1", Position(9, 0), Position(9, 0), "mark-9"), (message,))
    for expected in (first, None):
        with pytest.raises(RecorderFenced):
            await writer_lock.record(Batch(expected, stale.reached, stale.facts))
    assert await store_harness.texts(message.owner, message.conversation_id) == []
    assert await store_harness.store.checkpoint() == store_harness.checkpoint
    await store_harness.record(message)  # being fenced does not cost the lock
    assert await store_harness.texts(message.owner, message.conversation_id) == ["hello"]


async def test_one_at_a_time_has_the_writer_lock(store_harness: StoreHarness) -> None:
    writer_lock, other = await store_harness.acquire_writer_lock(), await store_harness.second_store()
    assert await other.acquire_writer_lock() is None
    await writer_lock.release()
    await writer_lock.release()
    taken = await writer_lock_of(other)
    assert await store_harness.store.acquire_writer_lock() is None
    await taken.release()


async def test_a_writer_lock_whose_connection_ended_records_no_more_and_is_free(store_harness: StoreHarness) -> None:
    message = sent(new_id(), new_id(), "hello")
    lost = await store_harness.acquire_writer_lock()
    await store_harness.break_writer_lock()
    await store_harness.acquire_writer_lock()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await lost.record(Batch(None, after(None), (message,)))
    await lost.release()
    assert await store_harness.record(message) == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda good: replace(good, text="nul \x00 inside"),
        lambda good: replace(good, text="half a \ud800 pair"),
        lambda good: replace(good, worker="nul \x00 inside", role="assistant"),
        lambda good: replace(good, created_at="yesterday"),
        lambda good: replace(good, created_at="2026-05-01T12:00:00"),
        lambda good: replace(good, conversation_id="not-an-id"),
        lambda good: Renamed(good.owner, good.conversation_id, "nul \x00 inside"),
        lambda good: Deleted(good.owner, "not-an-id"),
    ],
    ids=["nul", "surrogate", "worker", "timestamp", "naive timestamp", "id", "title", "deletion"],
)
async def test_a_refused_fact_is_set_aside_alone(store_harness: StoreHarness, spoilt: object) -> None:
    assert callable(spoilt)
    owner, conversation = new_id(), new_id()
    good = numbered(7, owner, conversation)
    bad = spoilt(replace(good[0], id=new_id()))
    assert await store_harness.record(*good[:3], bad, *good[3:]) == 1
    assert await store_harness.texts(owner, conversation) == [view.text for view in good]
    line = await store_harness.store.conversation(owner, conversation)
    assert line is not None
    assert line.messages == 7
    (reason,) = await store_harness.refused()
    assert reason
    assert await store_harness.store.checkpoint() == store_harness.checkpoint


async def test_a_batch_of_refused_facts_still_moves_the_checkpoint(store_harness: StoreHarness) -> None:
    bad = [replace(view, text="\x00") for view in numbered(5, new_id(), new_id())]
    assert await store_harness.record(*bad) == 5
    assert len(await store_harness.refused()) == 5
    assert await store_harness.store.checkpoint() == store_harness.checkpoint


async def test_hostile_text_is_stored_to_the_letter_in_every_field(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    message = sent(owner, conversation, HOSTILE)
    reply = replace(reply_to(message, HOSTILE), worker=HOSTILE, error=ReplyError(HOSTILE, HOSTILE, False))
    assert await store_harness.record(message, reply, Renamed(owner, conversation, HOSTILE)) == 0
    page = await store_harness.store.messages(owner, conversation, limit=10, before=None)
    assert without_storing(page.items) == [message, reply]
    line = await store_harness.store.conversation(owner, conversation)
    assert line is not None
    assert line.title == HOSTILE
    hits = await store_harness.store.search(owner, "drop table", limit=10, before=None)
    assert len(hits.items) == 2


async def test_a_deleted_conversation_stays_deleted_whatever_comes_later(store_harness: StoreHarness) -> None:
    owner, gone, kept = new_id(), new_id(), new_id()
    message, other = sent(owner, gone, "to be forgotten"), sent(owner, kept, "to be kept")
    await store_harness.record(message, other)
    await store_harness.record(reply_to(message, "late"), Deleted(owner, gone), sent(owner, gone, "later"), Renamed(owner, gone, "again"))
    await store_harness.record(sent(owner, gone, "much later"), Renamed(owner, gone, "and again"), Deleted(owner, gone))
    store = store_harness.store
    assert await store_harness.texts(owner, gone) == []
    assert await store.conversation(owner, gone) is None
    assert [line.id for line in (await store.conversations(owner, limit=10, before=None)).items] == [kept]
    assert (await store.search(owner, "forgotten", limit=10, before=None)).items == []
    assert await store_harness.look_up(owner, gone, message.id) == IdempotencyRecord(conversation_deleted=True)
    assert await store_harness.texts(owner, kept) == ["to be kept"]


async def test_a_deleted_conversation_leaves_no_word_in_the_database(postgres_harness: PostgresStoreHarness) -> None:
    owner, gone, kept = new_id(), new_id(), new_id()
    message = sent(owner, gone, "to be forgotten")
    refused = [sent(owner, one, f"forgotten \x00 {one}") for one in (gone, kept)]
    await postgres_harness.record(message, reply_to(message, "forgotten soon"), Renamed(owner, gone, "forgotten title"), *refused)
    tables = await postgres_harness.fetch("select table_name from information_schema.tables where table_schema = 'public'")
    everything = " union all ".join(f"select row_of::text from {table} as row_of" for table in tables)  # noqa: S608 (names of tables)

    async def rows_with_it() -> int:
        return sum("forgotten" in row for row in await postgres_harness.fetch(everything))

    assert await rows_with_it() == 5
    await postgres_harness.record(Deleted(owner, gone), Renamed(owner, gone, "forgotten again"))
    assert await rows_with_it() == 1, "of another conversation"
    assert kept in (await postgres_harness.fetch("select body from refused_facts"))[0]


async def test_a_deletion_that_comes_first_keeps_the_conversation_out(store_harness: StoreHarness) -> None:
    owner, gone = new_id(), new_id()
    await store_harness.record(Deleted(owner, gone))
    await store_harness.record(sent(owner, gone, "late"))
    assert await store_harness.store.conversation(owner, gone) is None
    assert (await store_harness.look_up(owner, gone, new_id())).conversation_deleted


async def test_another_owner_cannot_delete_rename_or_read(store_harness: StoreHarness) -> None:
    owner, thief, conversation = new_id(), new_id(), new_id()
    message = sent(owner, conversation, "mine")
    await store_harness.record(message)
    await store_harness.record(Deleted(thief, conversation), Renamed(thief, conversation, "stolen"))
    assert await store_harness.texts(owner, conversation) == ["mine"]
    assert await store_harness.texts(thief, conversation) == []
    assert await store_harness.store.conversation(thief, conversation) is None
    assert (await store_harness.store.search(thief, "mine", limit=10, before=None)).items == []
    assert (await store_harness.look_up(thief, conversation, message.id)).message is None


async def test_two_owners_may_choose_the_same_ids(store_harness: StoreHarness) -> None:
    one, two, conversation, message = new_id(), new_id(), new_id(), new_id()
    await store_harness.record(sent(one, conversation, "one", id_=message), sent(two, conversation, "two", id_=message))
    assert await store_harness.texts(one, conversation) == ["one"]
    assert await store_harness.texts(two, conversation) == ["two"]


async def test_the_last_of_several_names_stays(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    await store_harness.record(
        sent(owner, conversation, "hello"), Renamed(owner, conversation, "first"), Renamed(owner, conversation, "second")
    )
    await store_harness.record(sent(owner, conversation, "the name is not made anew"))
    line = await store_harness.store.conversation(owner, conversation)
    assert line is not None
    assert line.title == "second"


async def test_keys_are_answered_in_order_each_with_message_reply_and_deletion(store_harness: StoreHarness) -> None:
    owner, conversation, gone, regenerate = new_id(), new_id(), new_id(), new_id()
    message = sent(owner, conversation, "hello")
    reply, again = reply_to(message, "hi"), reply_to(message, "hi again", key=regenerate)
    await store_harness.record(message, reply, again, Deleted(owner, gone))
    known = [
        await store_harness.look_up(owner, conversation, new_id()),
        await store_harness.look_up(owner, conversation, message.id),
        await store_harness.look_up(owner, conversation, regenerate),
        await store_harness.look_up(owner, gone, new_id()),
    ]
    assert [[*without_storing([one.message, one.reply]), one.conversation_deleted] for one in known] == [
        [None, None, False], [message, reply, False], [None, again, False], [None, None, True],
    ]  # fmt: skip
    keys = [IdempotencyKey(owner, conversation, message.id, reply.id), IdempotencyKey(owner, gone, new_id(), new_id())] * 40
    assert await store_harness.store.idempotency_records(keys) == [known[1], known[3]] * 40
    assert await store_harness.store.idempotency_records([]) == []
    swapped = (await store_harness.store.idempotency_records([IdempotencyKey(owner, conversation, reply.id, message.id)]))[0]
    assert swapped == IdempotencyRecord()  # a reply's id is not a message's, and the other way round


async def test_a_checkpoint_is_given_as_old_as_asked(store_harness: StoreHarness) -> None:
    store = store_harness.store
    assert await store.checkpoint() is None
    assert await store.checkpoint(older_than_s=10) is None
    reached = []
    for _ in range(6):
        await store_harness.record()
        reached.append(store_harness.checkpoint)
        await store_harness.age(6)
    assert await store.checkpoint() == reached[5]
    assert await store.checkpoint(older_than_s=5) == reached[5]
    assert await store.checkpoint(older_than_s=7) == reached[4]
    assert await store.checkpoint(older_than_s=19) == reached[2]
    assert await store.checkpoint(older_than_s=10_000) == reached[0]


async def test_of_checkpoints_in_quick_succession_one_in_five_seconds_is_kept(store_harness: StoreHarness) -> None:
    reached = []
    for _ in range(12):
        await store_harness.record()
        reached.append(store_harness.checkpoint)
        await store_harness.age(2)
    given = {await store_harness.store.checkpoint(older_than_s=seconds) for seconds in range(26)}
    assert reached[-1] in given
    assert reached[0] in given
    assert 4 <= len(given) <= 6


async def test_after_fifteen_minutes_one_old_checkpoint_stays_to_start_from(store_harness: StoreHarness) -> None:
    for _ in range(4):
        await store_harness.record()
        await store_harness.age(300)
    oldest_left = await store_harness.store.checkpoint(older_than_s=10_000)
    await store_harness.age(3_600)
    last = store_harness.checkpoint
    await store_harness.record()
    await store_harness.age(10)
    assert await store_harness.store.checkpoint(older_than_s=60) == last
    assert await store_harness.store.checkpoint(older_than_s=10_000) == last != oldest_left


async def test_only_the_newest_epochs_checkpoints_are_given(store_harness: StoreHarness) -> None:
    await store_harness.record()
    await store_harness.age(100)
    new = Checkpoint("epoch-2", Position(0, 0), Position(0, 3), "mark")
    await store_harness.record(reached=new)
    assert await store_harness.store.checkpoint() == new
    assert await store_harness.store.checkpoint(older_than_s=50) == new
