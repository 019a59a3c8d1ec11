"""Operators see, requeue and drop what was parked, over HTTP."""

import base64

from myna.web.api.dead_letters import BODY_LIMIT
from tests.services.http import HttpClient
from tests.unit.api.conftest import Person, Served, park, person_at


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

    assert (answer.status_code, answer.json()) == (200, {"id": letter["id"]})
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
