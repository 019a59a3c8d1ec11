"""GET /api/search finds an owner's messages and replies, GET /api/conversations?q= an owner's titles, and nothing else."""

import asyncio

import pytest

from myna.pipeline import queries
from myna.store.port import Batch
from tests.fakes.memory_store import MemoryWriterLock
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at


async def test_a_new_message_is_found_with_marks(person: Person) -> None:
    accepted = await person.say("Where do kingfishers sleep?")

    answer = await person.get("/api/search", params={"q": "kingfish"})

    assert answer.status_code == 200
    hits = [hit for hit in answer.json()["items"] if hit["role"] == "user"]
    assert [(hit["conversation_id"], hit["message_id"], hit["id"]) for hit in hits] == [
        (accepted["conversation_id"], accepted["id"], accepted["id"])
    ]
    assert hits[0]["snippet"] == "Where do <mark>kingfishers</mark> sleep?"


async def test_a_slow_database_is_waited_for(frail: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    record = MemoryWriterLock.record

    async def record_slowly(writer_lock: MemoryWriterLock, batch: Batch) -> int:
        await asyncio.sleep(0.2)  # a busy disk
        return await record(writer_lock, batch)

    monkeypatch.setattr(MemoryWriterLock, "record", record_slowly)
    monkeypatch.setattr(queries, "SETTLE_S", 30)
    async with person_at(frail) as person:
        accepted = await person.say("A bird in the hand")
        hits = (await person.get("/api/search", params={"q": "bird"})).json()["items"]

    assert accepted["id"] in [hit["message_id"] for hit in hits]


async def test_pages_of_hits_follow_each_other_newest_first_without_repeating(person: Person) -> None:
    conversation_id = (await person.say("/echo heron 0"))["conversation_id"]
    for number in range(1, 5):
        await person.say(f"/echo heron {number}", conversation_id=conversation_id)
    await person.answered(conversation_id, 5)

    found: list[str] = []
    before: str | None = None
    pages = 0
    while before is not None or not pages:
        params = {"q": "heron", "limit": "3"} | ({"before": before} if before else {})
        page = (await person.get("/api/search", params=params)).json()
        found += [hit["id"] for hit in page["items"]]
        before, pages = page["next"], pages + 1

    said = [item["id"] for item in await person.messages(conversation_id)]
    assert found == said[::-1]
    assert pages == 4


async def test_a_search_is_narrowed_to_one_side_and_to_a_time(person: Person) -> None:
    accepted = await person.say("/echo heron")
    _, reply = await person.answered(accepted["conversation_id"])

    async def found(**only: str) -> list[str]:
        answer = await person.get("/api/search", params={"q": "heron", **only})
        assert answer.status_code == 200, answer.text
        return [hit["id"] for hit in answer.json()["items"]]

    assert await found(role="user") == [accepted["id"]]
    assert await found(role="assistant", since=reply["created_at"]) == [reply["id"]]
    assert await found(role="assistant", until=reply["created_at"]) == []


@pytest.mark.parametrize(("name", "value"), [("role", "system"), ("since", "yesterday"), ("until", "2026-07-01T00:00:00"), ("after", "1")])
async def test_a_filter_that_is_none_is_refused_by_name(person: Person, name: str, value: str) -> None:
    answer = await person.get("/api/search", params={"q": "heron", name: value})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert answer.json()["detail"].startswith(name)


async def test_other_owners_messages_are_not_found(person: Person, stranger: Person) -> None:
    accepted = await person.say("The password is bittern.")
    await person.answered(accepted["conversation_id"])

    assert (await stranger.get("/api/search", params={"q": "bittern"})).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (None, "q is missing."),
        ("", "q takes at least 1 character."),
        ("  ", "q takes at least 1 character."),
        ("x" * 501, "q takes at most 500 characters."),
    ],
)
async def test_the_error_for_an_empty_or_too_long_query_says_what_is_allowed(person: Person, query: str | None, said: str) -> None:
    answer = await person.get("/api/search", params={} if query is None else {"q": query})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_frame"
    assert answer.json()["detail"] == said


async def test_without_the_database_search_says_so_and_finds_again_afterwards(frail: Served) -> None:
    async with person_at(frail) as person:
        accepted = await person.say("Remember the dunlin.")
        await person.answered(accepted["conversation_id"])
        frail.store.lose()
        away = await person.get("/api/search", params={"q": "dunlin"})
        frail.store.recover()
        back = await person.get("/api/search", params={"q": "dunlin"})

    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert int(away.headers["Retry-After"]) > 0
    assert back.json()["items"]


async def test_a_reply_is_found_under_its_message(person: Person) -> None:
    accepted = await person.say("/echo the curlew sandpiper")
    items = await person.answered(accepted["conversation_id"])

    hits = (await person.get("/api/search", params={"q": "curlew"})).json()["items"]

    assert [(hit["role"], hit["message_id"], hit["id"], hit["title"]) for hit in hits] == [
        ("assistant", accepted["id"], items[1]["id"], "/echo the curlew sandpiper"),
        ("user", accepted["id"], accepted["id"], "/echo the curlew sandpiper"),
    ]


async def test_the_list_of_conversations_can_be_narrowed_to_titles(person: Person) -> None:
    heron = (await person.say("/echo Grey heron"))["conversation_id"]
    await person.say("/echo A gull")
    for title, q, found in (("Grey heron", "hero", [heron]), ("White stork", "hero", []), ("White stork", "stork", [heron])):
        await person.patch(f"/api/conversations/{heron}", json={"title": title})

        async def narrowed(q: str = q, found: list[str] = found) -> bool:
            page = (await person.get("/api/conversations", params={"q": q})).json()
            return [item["id"] for item in page["items"]] == found

        await until(narrowed, 10, f"{found} for {q!r}")


@pytest.mark.parametrize("q", ["", " ", "x" * 501])
async def test_an_empty_or_too_long_title_search_is_an_error(person: Person, q: str) -> None:
    answer = await person.get("/api/conversations", params={"q": q})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert answer.json()["detail"].startswith("q takes at ")
