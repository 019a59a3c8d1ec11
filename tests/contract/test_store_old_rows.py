"""What a store promises about rows that are kept no longer."""

from myna.store.port import Deleted
from tests.contract.store_fixtures import StoreHarness, new_id, reply_to, sent, without_storing

YEARS = 10_000.0  # in days: longer than anything here is old


async def test_conversations_in_which_nothing_was_said_for_long_are_found_the_oldest_first(store_harness: StoreHarness) -> None:
    owners = [new_id(), new_id(), new_id()]
    conversations = [Deleted(owner, new_id()) for owner in owners]
    for owner, conversation in conversations:
        message = sent(owner, conversation, "said months ago")
        await store_harness.record(message, reply_to(message, "yes"))
    await store_harness.age_rows(60)
    old_rows = store_harness.store.old_rows

    async def found(days: float, limit: int) -> list[Deleted]:
        return [one for one in await old_rows.inactive(days, limit=limit) if one.owner in owners]

    assert sorted(await found(30, 10_000)) == sorted(conversations)
    assert await found(YEARS, 10_000) == []
    assert len(await old_rows.inactive(30, limit=2)) == 2

    await store_harness.record(conversations[0])
    assert sorted(await found(30, 10_000)) == sorted(conversations[1:])


async def test_a_tombstone_goes_when_it_is_old_and_no_other_row_does(store_harness: StoreHarness) -> None:
    owner, gone, kept = new_id(), new_id(), new_id()
    message, other = sent(owner, gone, "delete me"), sent(owner, kept, "keep me")
    await store_harness.record(message, other, Deleted(owner, gone))
    old_rows = store_harness.store.old_rows

    assert await old_rows.drop_tombstones(1) == 0
    assert (await store_harness.look_up(owner, gone, message.id)).conversation_deleted
    await store_harness.age_rows(2)
    assert await old_rows.drop_tombstones(1) == 1
    assert not (await store_harness.look_up(owner, gone, message.id)).conversation_deleted
    assert without_storing((await store_harness.store.messages(owner, kept, limit=9, before=None)).items) == [other]
