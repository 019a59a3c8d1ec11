"""What a store promises about searching."""

from datetime import datetime

import pytest

from myna.protocol.views import Role
from myna.store.port import Renamed, SearchFilter
from tests.contract.store_fixtures import StoreHarness, all_pages, at, new_id, reply_to, sent

TEXTS = [
    "The quick brown fox jumps over the lazy dog",
    "A quick question about foxes and their den",
    "Un Café crème à l'hôtel, déjà vu",
    "cafe\u0301 in two code points",
    "我们说你好世界，再见",
    "こんにちは世界",
    "สวัสดีชาวโลก",
    "नमस्ते दुनिया",
    "Straße nach Köln",
    "error E-1234 in module foo_bar at 10:30",
    "it's don't & | ! <-> :* ( ) quoted 'words'",
    "unrelated",
]
# What is typed, and which of the texts it finds.
FINDS = [
    ("fox", {0, 1}),  # the last word goes on
    ("fox ", {0, 1}),
    ("fox dog", {0}),
    ("quick fox", {0, 1}),
    ("fo quick", set()),  # one that is not the last does not
    ("QUICK BROWN", {0}),
    ("cafe", {2, 3}),
    ("CAFÉ", {2, 3}),
    ("deja", {2}),
    ("hotel creme", {2}),
    ("你好", {4}),
    ("世界", {4, 5}),
    ("界", {4, 5}),
    ("好世", {4}),
    ("你世", set()),
    ("说你好世界", {4}),
    ("好你", set()),
    ("にちは", {5}),
    ("ชาวโลก", {6}),
    ("नमस्ते", {7}),
    ("दुनि", {7}),
    ("strasse", {8}),
    ("koln", {8}),
    ("E-1234", {9}),
    ("e1234", set()),
    ("123", {9}),
    ("foo_bar", {9}),
    ("foo bar", {9}),
    ("10:30", {9}),
    ("234", set()),
    ("1234", {9}),
    ('"quick brown"', {0}),
    ('"brown quick"', set()),
    ('"fo"', set()),
    ('"quick brown" lazy', {0}),
    ('"quick brown', {0}),
    ("quick -brown", {1}),
    ('quick -"lazy dog"', {1}),
    ('quick -"dog lazy"', {0, 1}),
    ("-brown", set()),
    ("don't", {10}),
    ("it's quoted", {10}),
    ("", set()),
    ("   ", set()),
    ("!?", set()),
]
WEIRD = [
    *(
        "'",
        '"',
        '""',
        '"\'"',
        '-"',
        "\\",
        "&",
        "|",
        "!",
        "a & | b",
        "a:*",
        "(a",
        "a)",
        "<->",
        "a <-> b",
        "!!a",
        ":*",
        "%",
        "_",
        "$1",
        "{}",
        "--",
    ),
    *("\x00", "a\x00b", "\ud800", "a\ud800", "\u0301", "½ ﷺ ﬁ İ", "😀", "a\n\tb", "'; drop table messages; --"),
    *("é" * 8_000, "word " * 1_600, "-" * 8_000, '"' * 8_000, "你" * 8_000),
]


@pytest.mark.parametrize(("query", "expected"), FINDS, ids=[query for query, _ in FINDS])
async def test_a_query_finds_what_a_person_would_expect(store_harness: StoreHarness, query: str, expected: set[int]) -> None:
    owner = new_id()
    views = [sent(owner, new_id(), text) for text in TEXTS]
    await store_harness.record(*views, *(sent(new_id(), new_id(), text) for text in TEXTS))
    page = await store_harness.store.search(owner, query, limit=50, before=None)
    assert {TEXTS.index(view.text) for view in views if view.id in {hit.id for hit in page.items}} == expected
    assert len(page.items) == len(expected)


async def test_no_query_is_an_error(store_harness: StoreHarness) -> None:
    owner = new_id()
    await store_harness.record(*(sent(owner, new_id(), text) for text in TEXTS))
    for weird in WEIRD:
        page = await store_harness.store.search(owner, weird, limit=5, before=None)
        assert len(page.items) <= 5
    weird_texts = [text for text in WEIRD if "\x00" not in text and "\ud800" not in text]
    assert await store_harness.record(*(sent(owner, new_id(), text[:8_000]) for text in weird_texts)) == 0


@pytest.mark.parametrize("query", ["word", '"the word"', "word -other"])
@pytest.mark.parametrize("limit", [1, 4, 10, 11])
async def test_hits_come_newest_first_in_pages_that_neither_skip_nor_repeat(store_harness: StoreHarness, query: str, limit: int) -> None:
    owner, conversation = new_id(), new_id()
    views = [sent(owner, conversation, f"the word {n}", seconds=-n) for n in range(10)]
    mixed = [view for pair in zip(views, (sent(owner, conversation, "other word the") for _ in views), strict=True) for view in pair]
    await store_harness.record(*mixed)
    pages = await all_pages(lambda before: store_harness.store.search(owner, query, limit=limit, before=before))
    hits = [hit for page in pages for hit in page]
    if query == "word":
        assert [hit.id for hit in hits] == [view.id for view in reversed(mixed)]
    else:
        assert [hit.id for hit in hits] == [view.id for view in reversed(views)]


async def test_a_hit_says_where_who_and_when(store_harness: StoreHarness) -> None:
    message = sent(new_id(), new_id(), "What is a zebra?")
    reply = reply_to(message, "The <b>Zebra</b> is <mark>striped</mark>. " + "x " * 300 + "zebra")
    await store_harness.record(message, reply)
    hits = (await store_harness.store.search(message.owner, "zebra", limit=5, before=None)).items
    assert [(hit.conversation_id, hit.title, hit.message_id, hit.id, hit.role, hit.created_at) for hit in hits] == [
        (message.conversation_id, "What is a zebra?", message.id, reply.id, "assistant", reply.created_at),
        (message.conversation_id, "What is a zebra?", message.id, message.id, "user", message.created_at),
    ]
    assert hits[1].snippet == "What is a <mark>zebra</mark>?"
    assert hits[0].snippet.startswith("The <b><mark>Zebra</mark></b> is striped. x x")
    assert hits[0].snippet.endswith("…")
    assert len(hits[0].snippet) < 250


async def test_a_search_is_narrowed_to_one_side_and_to_a_time(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    asked = [sent(owner, conversation, f"zebra {n}", seconds=10 * n) for n in range(3)]
    answered = [reply_to(message, "A zebra.", seconds=10 * n + 1) for n, message in enumerate(asked)]
    await store_harness.record(*asked, *answered, Renamed(owner, conversation, "Zebra"), Renamed(owner, new_id(), "Zebra"))

    async def found(role: Role | None = None, since: float | None = None, until: float | None = None) -> list[str]:
        times = [None if seconds is None else datetime.fromisoformat(at(seconds)) for seconds in (since, until)]
        only = SearchFilter(role, *times)
        pages = await all_pages(lambda before: store_harness.store.search(owner, "zebra", limit=2, before=before, only=only))
        return [hit.id for page in pages for hit in page]

    assert await found("user") == [view.id for view in reversed(asked)]
    assert await found("assistant") == [view.id for view in reversed(answered)]
    assert await found(since=10) == [answered[2].id, answered[1].id, asked[2].id, asked[1].id]
    assert await found(until=10) == [answered[0].id, asked[0].id]
    assert await found("user", since=10, until=20) == [asked[1].id]
    assert await found(since=30) == []


async def test_an_old_hit_of_one_side_is_found_behind_thousands_of_newer_ones_of_the_other(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    asked = sent(owner, conversation, "needle")
    sought = reply_to(asked, "needle")
    await store_harness.record(asked, sought, *(sent(owner, conversation, "needle") for _ in range(5_100)))
    page = await store_harness.store.search(owner, "needle", limit=2, before=None, only=SearchFilter("assistant"))
    assert [hit.id for hit in page.items] == [sought.id]
    assert page.next is None


async def test_titles_are_found_first_where_nothing_else_of_their_conversations_is(store_harness: StoreHarness) -> None:
    owner, renamed, both, other = (new_id() for _ in range(4))
    said, also = sent(owner, renamed, "about birds", seconds=1), sent(owner, both, "a walrus", seconds=2)
    answer = reply_to(said, "Indeed.", seconds=3)
    await store_harness.record(said, also, sent(owner, other, "nothing"), answer, Renamed(owner, renamed, "The Walrus & I"))
    page = await store_harness.store.search(owner, "walrus", limit=5, before=None)
    assert [(hit.conversation_id, hit.message_id, hit.id, hit.in_title, hit.snippet) for hit in page.items] == [
        (renamed, said.id, answer.id, True, "The <mark>Walrus</mark> & I"),
        (both, also.id, also.id, None, "a <mark>walrus</mark>"),
    ]
    assert page.next is None


async def test_titles_leave_room_for_texts_and_come_on_the_first_page_only(store_harness: StoreHarness) -> None:
    owner = new_id()
    conversations = [new_id() for _ in range(12)]
    await store_harness.record(
        *(sent(owner, one, "hm", seconds=n) for n, one in enumerate(conversations)),
        *(Renamed(owner, one, "A walrus") for one in conversations[:10]),
        *(sent(owner, conversations[11], f"walrus {n}", seconds=20 + n) for n in range(8)),
    )
    pages = await all_pages(lambda before: store_harness.store.search(owner, "walrus", limit=6, before=before))
    assert [[hit.in_title is True for hit in page] for page in pages] == [[True] * 5 + [False], [False] * 6, [False]]


async def test_a_snippet_shows_a_match_that_stands_far_behind(store_harness: StoreHarness) -> None:
    owner = new_id()
    await store_harness.record(
        sent(owner, new_id(), "很" * 500 + "needle" + "长" * 500), sent(owner, new_id(), "far " * 1_500 + "Needle end")
    )
    hits = (await store_harness.store.search(owner, "need", limit=5, before=None)).items
    assert "<mark>Needle</mark> end" in hits[0].snippet
    assert "<mark>needle</mark>" in hits[1].snippet
    assert all(hit.snippet.startswith("…") for hit in hits)


async def test_a_phrase_that_many_texts_nearly_hold_is_found_by_reading_on(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    sought = sent(owner, conversation, "the needle")
    await store_harness.record(sought, *(sent(owner, conversation, "needle the") for _ in range(1_200)))
    pages = await all_pages(lambda before: store_harness.store.search(owner, '"the needle"', limit=5, before=before))
    assert [hit.id for page in pages for hit in page if not hit.in_title] == [sought.id]


async def test_an_old_hit_is_found_behind_thousands_of_newer_rows(store_harness: StoreHarness) -> None:
    owner, conversation = new_id(), new_id()
    sought = [sent(owner, conversation, f"needle {n}") for n in range(3)]
    await store_harness.record(*sought, *(sent(owner, conversation, "hay") for _ in range(5_100)), sent(owner, conversation, "needle 3"))
    await store_harness.record(sent(new_id(), conversation, "needle of another"))
    pages = await all_pages(lambda before: store_harness.store.search(owner, "need", limit=2, before=before))
    assert [len(page) for page in pages] == [2, 2]
    assert [hit.id for page in pages for hit in page][1:] == [view.id for view in reversed(sought)]
