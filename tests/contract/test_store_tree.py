"""Each store keeps a conversation as a tree: what each message follows, and the path from the root to any of them."""

import asyncpg
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from myna.protocol.events import Options
from myna.protocol.ids import reply_id_for
from myna.protocol.views import MessageView
from myna.store.port import PathItem
from myna.store.postgres.migrations import migrate
from tests.contract.store_fixtures import StoreHarness, new_id, reply_to, sent


async def stored(harness: StoreHarness, owner: str, conversation: str) -> dict[str, MessageView]:
    """What a conversation holds, by text."""
    return {view.text: view for view in (await harness.store.messages(owner, conversation, limit=100, before=None)).items}


def items(*views: MessageView) -> list[PathItem]:
    return [PathItem(view.id, view.role, None) for view in views]


@pytest.mark.parametrize("options", [None, Options("fast", -(2**63), "demo"), Options(seed=0), Options(scenario="demo")])
async def test_parents_and_options_are_read_back_as_they_were_said(store_harness: StoreHarness, options: Options | None) -> None:
    owner, conversation = new_id(), new_id()
    first = replace(sent(owner, conversation, "first"), options=options)
    answer = replace(reply_to(first, "answer"), options=options)
    await store_harness.record(first, answer, sent(owner, conversation, "second", parent=answer))
    found = await stored(store_harness, owner, conversation)
    assert [(view.parent_id, view.options) for view in found.values()] == [(None, options), (first.id, options), (answer.id, None)]


async def test_a_path_leads_from_the_root_to_a_message_or_reply_past_other_branches(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    root = sent(owner, conversation, "root")
    answer, again = reply_to(root, "answer"), reply_to(root, "again", key=new_id())
    left, right = sent(owner, conversation, "left", parent=answer), sent(owner, conversation, "right", parent=again)
    other_root = sent(owner, conversation, "another root")
    await store_harness.record(root, answer, again, left, reply_to(left, "left answer"), right, other_root)
    paths = [await store_harness.store.path(owner, conversation, one.id) for one in (root, answer, left, right, other_root)]
    assert paths == [items(root), items(root, answer), items(root, answer, left), items(root, again, right), items(other_root)]


async def test_a_path_without_an_end_leads_to_what_was_stored_last(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    first = sent(owner, conversation, "first")
    answer = reply_to(first, "answer")
    second = sent(owner, conversation, "second", parent=answer)
    await store_harness.record(first, answer, second, reply_to(second, "fine"))
    await store_harness.record(again := reply_to(first, "another answer", key=new_id()))
    assert await store_harness.store.path(owner, conversation, None) == items(first, again)


@pytest.mark.parametrize(
    ("characters", "given"), [(0, []), (5, []), (6, ["second"]), (11, ["second"]), (12, ["answer", "second"]), (99, None)]
)
async def test_a_path_has_the_texts_of_its_last_characters(store_harness: StoreHarness, characters: int, given: list[str] | None) -> None:
    owner, conversation = new_id(), new_id()
    first = sent(owner, conversation, "first")
    answer = reply_to(first, "answer")
    await store_harness.record(first, answer, second := sent(owner, conversation, "second", parent=answer))
    path = await store_harness.store.path(owner, conversation, second.id, characters=characters)
    assert [item.text for item in path if item.text is not None] == (["first", "answer", "second"] if given is None else given)


async def test_no_path_leads_to_what_is_not_in_the_conversation(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    await store_harness.record(message := sent(owner, conversation, "hello"))
    store = store_harness.store
    assert await store.path(owner, conversation, new_id()) == []
    assert await store.path(owner, new_id(), message.id) == []
    assert await store.path(new_id(), conversation, message.id) == []
    assert await store.path(owner, new_id(), None) == []
    assert await store.path(owner, "no id", "none either") == []


async def test_a_circle_that_a_log_held_ends_somewhere(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    one = sent(owner, conversation, "one", id_=(id_ := new_id()))
    await store_harness.record(replace(one, parent_id=id_))
    assert set(await store_harness.store.path(owner, conversation, one.id)) == {PathItem(one.id, "user", None)}


async def test_a_message_that_names_no_parent_follows_the_newest_reply_of_its_time(store_harness: StoreHarness) -> None:
    owner, conversation, other = new_id(), new_id(), new_id()
    first = sent(owner, conversation, "first", parent=UNSET)
    await store_harness.record(first, sent(owner, other, "elsewhere"))
    await store_harness.record(
        answer := reply_to(first, "answer"),
        second := sent(owner, conversation, "second", parent=UNSET),
        sent(owner, conversation, "third", parent=UNSET),
    )
    await store_harness.record(sent(owner, conversation, "fourth", parent=UNSET), sent(owner, other, "further", parent=UNSET))
    found = await stored(store_harness, owner, conversation)
    third = found["third"]
    assert [found[text].parent_id for text in ("first", "second", "third", "fourth")] == [
        None, answer.id, reply_id_for(owner, second.id), reply_id_for(owner, third.id),
    ]  # fmt: skip
    elsewhere = await stored(store_harness, owner, other)
    assert elsewhere["further"].parent_id == reply_id_for(owner, elsewhere["elsewhere"].id)


async def test_conversations_from_before_the_tree_become_chains(empty_database_url: str) -> None:
    await migrate(empty_database_url, "0002")
    owner, conversation, other = new_id(), new_id(), new_id()
    ids = {name: new_id() for name in ("m1", "r1", "m2", "r2", "r1b", "m3", "n1", "n2")}
    rows = [
        (conversation, "m1", None), (other, "n1", None), (conversation, "r1", "m1"), (conversation, "m2", None), (conversation, "r2", "m2"),
        (other, "n2", None), (conversation, "r1b", "m1"), (conversation, "m3", None),
    ]  # fmt: skip
    connection = await asyncpg.connect(empty_database_url)
    try:
        for place, (where, name, message) in enumerate(rows, 1):
            await connection.execute(
                "insert into messages (owner, id, conversation_id, ord, turn, role, text, status, created_at, message_id, words)"
                " values ($1, $2, $3, $4, $4, $5, $6, 'complete', now(), $7, '')",
                owner, ids[name], where, place, "assistant" if message else "user", name, message and ids[message],
            )  # fmt: skip
        await migrate(empty_database_url)
        parents = {row["text"]: row["parent_id"] and str(row["parent_id"]) for row in await connection.fetch("select * from messages")}
    finally:
        await connection.close()
    chain = {"m1": None, "r1": "m1", "m2": "r1", "r2": "m2", "r1b": "m1", "m3": "r1b", "n1": None, "n2": "n1"}
    assert parents == {name: parent and ids[parent] for name, parent in chain.items()}
