"""What a store promises about lists: order, pages, places to go on from."""

import asyncio

import pytest
from msgspec.structs import replace

from myna.protocol.errors import InvalidFrame
from myna.store.postgres import store as postgres
from tests.contract.store_fixtures import StoreHarness, all_pages, new_id, numbered, reply_to, sent

GARBAGE = ["", "x", "m", "m1", "m1-", "m-1-1", "m1-2-3", "m1-2\n", "mffffffffffffffff-1", "c1-2", "cfffffffffffffff-" + "0" * 36,
           "s", "s-1", "szz", "'; drop table messages; --", "\x00", "9" * 8_000]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 3, 7, 10, 11])
async def test_pages_of_messages_neither_skip_nor_repeat(store_harness: StoreHarness, limit: int) -> None:
    owner, conversation = new_id(), new_id()
    views = numbered(10, owner, conversation)
    await store_harness.record(*views[:4], *numbered(5, owner, new_id()), *numbered(5, new_id(), conversation))
    await store_harness.record(*views[4:])
    pages = await all_pages(lambda before: store_harness.store.messages(owner, conversation, limit=limit, before=before))
    assert [view.text for page in reversed(pages) for view in page] == [view.text for view in views]
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


async def test_a_reply_stands_with_its_message_however_late_it_is_stored(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    one, two = sent(owner, conversation, "one"), sent(owner, conversation, "two", seconds=10)
    await store_harness.record(one, reply_to(one, "one, first"), two, reply_to(two, "two, first"))
    await store_harness.record(reply_to(one, "one, again", key=new_id()))
    await store_harness.record(one, reply_to(one, "one, in a batch with its known message", key=new_id()))
    expected = ["one", "one, first", "one, again", "one, in a batch with its known message", "two", "two, first"]
    assert await store_harness.texts(owner, conversation) == expected
    pages = await all_pages(lambda before: store_harness.store.messages(owner, conversation, limit=2, before=before))
    assert [[view.text for view in page] for page in pages] == [expected[4:], expected[2:4], expected[:2]]


async def test_a_reply_whose_message_is_missing_is_kept_at_its_own_place(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    lost, first, last = (sent(owner, conversation, text) for text in ("lost", "first", "last"))
    await store_harness.record(first, reply_to(lost, "to nothing"), last)
    assert await store_harness.texts(owner, conversation) == ["first", "to nothing", "last"]


async def test_what_is_stored_while_pages_are_read_moves_none_of_them(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    views = numbered(40, owner, conversation)
    await store_harness.record(*views)
    page = await store_harness.store.messages(owner, conversation, limit=7, before=None)
    read = page.items

    async def write() -> None:
        for n in range(20):
            await store_harness.record(sent(owner, conversation, f"new {n}"))

    writing = asyncio.create_task(write())
    while page.next:
        page = await store_harness.store.messages(owner, conversation, limit=7, before=page.next)
        read = page.items + read
    await writing
    assert [view.text for view in read] == [view.text for view in views]
    assert len(await store_harness.texts(owner, conversation)) == 60


async def test_conversations_come_by_their_last_activity(store_harness: StoreHarness) -> None:
    owner, ids = new_id(), [new_id() for _ in range(6)]
    await store_harness.record(*(sent(owner, id_, f"name {n}", seconds=n) for n, id_ in enumerate(ids)))
    await store_harness.record(sent(owner, ids[1], "later", seconds=100), reply_to(sent(owner, ids[0], "?"), "much earlier", seconds=-100))
    order = [1, 5, 4, 3, 2, 0]
    for limit in (1, 2, 6, 7):
        pages = await all_pages(lambda before, limit=limit: store_harness.store.conversations(owner, limit=limit, before=before))  # type: ignore[misc]
        assert [line.title for page in pages for line in page] == [f"name {n}" for n in order]
    assert (await store_harness.store.conversations(new_id(), limit=5, before=None)).items == []


async def test_conversations_of_the_same_moment_neither_skip_nor_repeat(store_harness: StoreHarness) -> None:
    owner = new_id()
    await store_harness.record(*(sent(owner, new_id(), f"name {n}") for n in range(7)))
    pages = await all_pages(lambda before: store_harness.store.conversations(owner, limit=2, before=before))
    lines = [line for page in pages for line in page]
    assert sorted(line.title for line in lines) == [f"name {n}" for n in range(7)]
    assert [line.id for line in lines] == sorted((line.id for line in lines), reverse=True)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("heron", [4, 2, 0]),
        ("HÉR", [4, 2, 0]),  # a beginning, in whatever case and with whatever accents
        ("grey heron", [4, 0]),
        ("-grey heron", [2]),
        ('"heron grey"', [4]),
        ("%", []),
        ("gull", []),
    ],
)
async def test_conversations_are_found_by_words_of_their_title(store_harness: StoreHarness, q: str, found: list[int]) -> None:
    owner = new_id()
    titles = ["A grey heron", "The owl", "Herons", "grey", "Heron, grey", "100 %"]
    await store_harness.record(*(sent(owner, new_id(), title, seconds=n) for n, title in enumerate(titles)))
    await store_harness.record(sent(new_id(), new_id(), "Somebody else's grey heron"))
    for limit in (1, 2, 10):
        pages = await all_pages(lambda before, limit=limit: store_harness.store.conversations(owner, limit=limit, before=before, q=q))  # type: ignore[misc]
        assert [line.title for page in pages for line in page] == [titles[n] for n in found]


async def test_titles_are_looked_through_beyond_one_batch(store_harness: StoreHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "TITLES", 3)
    owner = new_id()
    await store_harness.record(*(sent(owner, new_id(), f"{'heron' if n % 4 == 0 else 'gull'} {n}", seconds=n) for n in range(20)))
    pages = await all_pages(lambda before: store_harness.store.conversations(owner, limit=2, before=before, q="heron"))
    assert [[line.title for line in page] for page in pages] == [["heron 16", "heron 12"], ["heron 8", "heron 4"], ["heron 0"]]


async def test_a_preview_is_the_last_thing_that_was_said_in_words(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    message = sent(owner, conversation, "Hello\nthere,   " + "long " * 100)
    await store_harness.record(message, replace(reply_to(message, ""), status="stopped", finish_reason="stopped"))
    line = await store_harness.store.conversation(owner, conversation)
    assert line is not None
    assert line.preview.startswith("Hello there, long long")
    assert len(line.preview) <= 120
    assert line.title == "Hello"
    assert line.messages == 2


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_place_that_no_page_gave_is_refused(store_harness: StoreHarness, garbage: str) -> None:
    store, owner = store_harness.store, new_id()
    with pytest.raises(InvalidFrame, match="before is not a cursor of this list"):
        await store.messages(owner, new_id(), limit=5, before=garbage)
    with pytest.raises(InvalidFrame, match="before is not a cursor of this list"):
        await store.conversations(owner, limit=5, before=garbage)
    with pytest.raises(InvalidFrame, match="before is not a cursor of this list"):
        await store.search(owner, "word", limit=5, before=garbage)


async def test_a_place_in_one_list_is_none_in_another(store_harness: StoreHarness) -> None:
    store, owner, conversation = store_harness.store, new_id(), new_id()
    await store_harness.record(*numbered(5, owner, conversation, "word {}".format), *numbered(5, owner, new_id()))
    place = (await store.messages(owner, conversation, limit=2, before=None)).next
    assert place
    with pytest.raises(InvalidFrame):
        await store.conversations(owner, limit=1, before=place)
    with pytest.raises(InvalidFrame):
        await store.search(owner, "word", limit=1, before=place)


@pytest.mark.parametrize("not_an_id", ["", "nothing", "\x00", "1" * 36, "' or 1=1"])
async def test_what_is_no_id_finds_nothing(store_harness: StoreHarness, not_an_id: str) -> None:
    assert await store_harness.store.conversation(new_id(), not_an_id) is None
    page = await store_harness.store.messages(new_id(), not_an_id, limit=5, before=None)
    assert (page.items, page.next) == ([], None)
