"""Operators see, requeue and drop what was parked, over HTTP."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from myna.broker.port import DeadLetter
from myna.web.api.dead_letters import BODY_LIMIT
from tests.services.http import HttpClient
from tests.unit.api.conftest import Person, Served, park, person_at, serving


async def parked_at(served: Served, *bodies: bytes) -> list[dict[str, object]]:
    """Park these, and list what is parked."""
    await park(served, *bodies)
    async with HttpClient(base_url=served.url) as operator:
        items: list[dict[str, object]] = (await operator.get("/api/dead-letters")).json()["items"]
    return items


async def test_a_parked_message_is_shown_whole_with_the_reason(frail: Served) -> None:
    (letter,) = await parked_at(frail, b'{"txt": "hello \xc3\xa4"}')

    assert (letter["reason"], letter["body"], letter["encoding"]) == ("rejected", '{"txt": "hello ä"}', "utf-8")
    assert (letter["size"], letter["cut"], letter["headers"]) == (19, False, {})
    assert letter["detail"] == "text is missing."
    assert str(letter["dead_lettered_at"]).endswith("Z")


async def test_a_body_that_is_no_text_or_too_long_is_shown_as_far_as_it_goes(frail: Served) -> None:
    long = b"a" * (BODY_LIMIT - 1) + "ä".encode() + b"b" * 100
    binary, cut = sorted(await parked_at(frail, b"\xff\x00\x1b[2J", long), key=lambda letter: int(str(letter["size"])))

    assert (binary["encoding"], base64.b64decode(str(binary["body"]))) == ("base64", b"\xff\x00\x1b[2J")
    assert (cut["cut"], cut["size"], cut["body"]) == (True, len(long), "a" * (BODY_LIMIT - 1))


async def test_the_list_comes_in_pages_newest_first(frail: Served) -> None:
    await parked_at(frail, *(b"no json %d" % number for number in range(5)))
    seen: list[str] = []
    async with HttpClient(base_url=frail.url) as operator:
        before = ""
        while True:
            page = (await operator.get(f"/api/dead-letters?limit=2{before}")).json()
            seen += [item["body"] for item in page["items"]]
            if page["next"] is None:
                break
            before = f"&before={page['next']}"
        unknown = await operator.get("/api/dead-letters?before=gone")

    assert seen == [f"no json {number}" for number in (4, 3, 2, 1, 0)]
    assert unknown.status_code == 400


async def test_a_requeued_failure_gets_one_more_reply(frail: Served) -> None:
    async with person_at(frail) as person, HttpClient(base_url=frail.url) as operator:
        await answered_after_requeue(frail, person, operator)


async def answered_after_requeue(served: Served, person: Person, operator: HttpClient) -> None:
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])
    job = next(record.body for record in served.broker.queues.log if b"message.created" in record.body)
    (letter,) = await parked_at(served, b'{"text": 7}')
    letters = served.broker.queues.dead_letters
    letters.update({number: parked._replace(body=job) for number, parked in letters.items()})  # as if it had been tried too often

    answer = await operator.post(f"/api/dead-letters/{letter['id']}/requeue")
    again = await operator.post(f"/api/dead-letters/{letter['id']}/requeue")

    assert (answer.status_code, answer.json()["id"]) == (200, letter["id"])
    assert (answer.json()["log"]["key"], answer.json()["log"]["type"]) == ("message", "reply.requested")
    assert again.status_code == 404
    replies = [item for item in await person.answered(accepted["conversation_id"], 2) if item["role"] == "assistant"]
    assert [reply["text"] for reply in replies] == ["hi", "hi"]


async def test_a_dropped_one_is_gone(frail: Served) -> None:
    (letter,) = await parked_at(frail, b"nonsense")
    async with HttpClient(base_url=frail.url) as operator:
        dropped = await operator.delete(f"/api/dead-letters/{letter['id']}")
        again = await operator.delete(f"/api/dead-letters/{letter['id']}")
        left = (await operator.get("/api/dead-letters")).json()

    assert (dropped.status_code, again.status_code) == (204, 404)
    assert left == {"items": [], "next": None}


async def test_what_two_settle_at_the_same_time_is_settled_once(frail: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    (letter,) = await parked_at(frail, b'{"txt": "hello"}')
    look = frail.broker.dead_letters

    async def look_slowly() -> list[DeadLetter]:
        letters = await look()
        await asyncio.sleep(0.1)
        return letters

    monkeypatch.setattr(frail.broker, "dead_letters", look_slowly)
    async with HttpClient(base_url=frail.url) as operator:
        requeue = f"/api/dead-letters/{letter['id']}/requeue"
        answers = await asyncio.gather(
            operator.post(requeue, json={"text": "one"}),
            operator.post(requeue, json={"text": "two"}),
            operator.delete(f"/api/dead-letters/{letter['id']}"),
        )

    assert sorted(answer.status_code for answer in answers) in ([200, 404, 404], [204, 404, 404])


async def test_a_filter_that_makes_no_sense_is_refused_with_what_is_allowed(frail: Served) -> None:
    async with HttpClient(base_url=frail.url) as operator:
        given = ("since=yesterday", "since=2026-01-31T12:00:00", "owner=bob", "reason=tired", "limit=0")
        answers = [await operator.get(f"/api/dead-letters?{one}") for one in given]

    stamp = "since takes a timestamp with its zone, such as 2026-01-31T12:00:00Z."
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (400, stamp), (400, stamp), (400, "owner takes a UUID."), (400, "reason takes 'rejected' or 'delivery_limit'."),
        (400, "limit takes at least 1."),
    ]  # fmt: skip


async def test_another_sites_page_can_drop_nothing(frail: Served) -> None:
    (letter,) = await parked_at(frail, b"nonsense")
    async with HttpClient(base_url=frail.url, headers={"Origin": "https://evil.example"}) as evil:
        refused = [
            await evil.delete(f"/api/dead-letters/{letter['id']}"),
            await evil.post(f"/api/dead-letters/{letter['id']}/requeue"),
        ]

    assert [answer.status_code for answer in refused] == [403, 403]
    assert len(await frail.broker.dead_letters()) == 1


async def test_an_outage_of_the_broker_is_told(frail: Served) -> None:
    frail.broker.lose()
    async with HttpClient(base_url=frail.url) as operator:
        answer = await operator.get("/api/dead-letters")
    frail.broker.recover()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def parked_by_crashes(served: Served, person: Person) -> dict[str, Any]:
    """Send a message that crashes whoever answers it, and return the dead letter that it ends as."""
    accepted = await person.say("/poison")
    await person.answered(accepted["conversation_id"])
    return {**(await person.get("/api/dead-letters")).json()["items"][0], "sent": accepted}


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    """A node at which messages can be made to crash responders."""
    async with serving(lab=True) as node:
        yield node


async def test_a_dead_letter_is_told_with_its_way_through_the_log_and_can_be_answered_with_another_text(lab: Served) -> None:
    async with person_at(lab) as person:
        letter = await parked_by_crashes(lab, person)
        whole = (await person.get(f"/api/dead-letters/{letter['id']}")).json()
        refused = [
            await person.post(f"/api/dead-letters/{letter['id']}/requeue", json={"text": " "}),
            await person.post(f"/api/dead-letters/{letter['id']}/requeue", json={"words": "x"}),
        ]
        answer = (await person.post(f"/api/dead-letters/{letter['id']}/requeue", json={"text": "/echo well"})).json()
        replies = [item for item in await person.answered(letter["sent"]["conversation_id"], 2) if item["role"] == "assistant"]
        log = (await person.get(f"/api/log?after={answer['log']['after']}&reply_id={answer['log']['reply_id']}")).json()["items"]
        left = (await person.get(f"/api/dead-letters/{letter['id']}")).status_code

    assert (letter["owner"], letter["conversation_id"], letter["text"]) == (person.owner, letter["sent"]["conversation_id"], "/poison")
    assert (whole["reason"], whole["tries"], whole["editable"], whole["way_complete"]) == ("delivery_limit", 6, True, True)
    types, keys = ([item[field] for item in whole["way"]] for field in ("type", "key"))
    assert (types[0], types.count("reply.started"), keys.count("parked")) == ("message.created", 6, 1)
    assert "/poison" not in str(whole["way"]), "operators read no texts in the log"
    assert [one.json()["code"] for one in refused] == ["invalid_text", "invalid_frame"]
    assert [(reply["status"], reply["text"]) for reply in replies] == [("failed", ""), ("complete", "well")]
    assert log[0]["type"] == answer["log"]["type"] == "reply.requested"
    assert left == 404


async def test_what_was_no_message_becomes_one_with_the_text_that_it_is_given(frail: Served) -> None:
    async with person_at(frail) as person:
        conversation = str(uuid4())
        body = json.dumps({"txt": "hello", "owner": person.owner, "conversation_id": conversation}).encode()
        (letter,) = await parked_at(frail, body)
        way = (await person.get(f"/api/dead-letters/{letter['id']}")).json()
        answer = (await person.post(f"/api/dead-letters/{letter['id']}/requeue", json={"text": "/echo hello"})).json()
        items = await person.answered(conversation)

    assert [(item["key"], item["offset"] >= 0) for item in way["way"]] == [("parked", True)]
    assert (letter["owner"], letter["text"], way["tries"]) == (person.owner, None, 1)
    assert (answer["log"]["key"], answer["log"]["type"]) == ("work", None)
    assert [item["text"] for item in items] == ["/echo hello", "hello"]


async def test_they_are_found_by_reason_owner_and_time(frail: Served) -> None:
    owner = str(uuid4())
    await parked_at(frail, b"no json", json.dumps({"txt": "x", "owner": owner}).encode())
    async with HttpClient(base_url=frail.url) as operator:

        async def bodies(query: str) -> list[str]:
            return [item["body"] for item in (await operator.get(f"/api/dead-letters?{query}")).json()["items"]]

        found = [await bodies(query) for query in ("reason=rejected", "reason=delivery_limit", f"owner={owner}")]
        times = [await bodies(f"since={since}") for since in ("2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z")]
        wrong = [await operator.get(f"/api/dead-letters?{query}") for query in ("reason=other", "since=yesterday", "owner=ann")]

    assert [len(one) for one in (*found, *times)] == [2, 0, 1, 2, 0]
    assert owner in found[2][0]
    assert [answer.status_code for answer in wrong] == [400, 400, 400]
