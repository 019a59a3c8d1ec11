"""GET /api/log: people read their own lines of the log, and operators the shape of everybody's."""

import asyncio
from typing import Any

import pytest

from myna.web.api import log
from tests.services.http import HttpClient
from tests.unit.api.conftest import Person, Served, person_at, records, serving

TOKEN = "only operators know this one: 0123456789abcdef"
SECRET = "for nobody else's eyes"


async def lines(client: HttpClient, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/api/log?{query}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_a_person_reads_their_own_lines_with_texts_and_no_others(served: Served, person: Person, stranger: Person) -> None:
    accepted = await person.say(f"/echo {SECRET}")
    await stranger.say("/echo mine")
    await person.answered(accepted["conversation_id"])

    page = await lines(person)

    assert {item["event"]["owner"] for item in page["items"]} == {person.owner}
    assert page["items"][0]["event"]["text"] == f"/echo {SECRET}"
    created, ended = page["items"][0], page["items"][-1]
    assert (created["type"], created["key"], ended["type"], ended["key"]) == ("message.created", "message", "reply.completed", "event")
    assert page["first"] == 0
    assert page["last"] >= page["after"] >= ended["offset"]
    reply = await lines(person, f"reply_id={ended['event']['reply_id']}&type=reply.started,reply.completed&limit=5")
    assert [item["type"] for item in reply["items"]] == ["reply.started", "reply.completed"]
    assert SECRET not in str(await lines(stranger))


async def test_an_operator_reads_the_shape_of_everybodys_and_no_text() -> None:
    async with serving(admin_token=TOKEN) as served, person_at(served) as person, HttpClient(base_url=served.url) as operator:
        accepted = await person.say(f"/echo {SECRET}")
        await person.answered(accepted["conversation_id"])
        refused = [await operator.get("/api/log?view=operator"), await person.get("/api/log?view=operator"), await operator.get("/api/log")]
        operator.headers["Authorization"] = f"Bearer {TOKEN}"
        page = await lines(operator, "view=operator")

    assert [answer.status_code for answer in refused] == [401, 401, 401]
    (created,) = (item for item in page["items"] if item["type"] == "message.created")
    assert created["event"]["text"] == {"chars": len(f"/echo {SECRET}")}
    assert created["event"]["owner"] == person.owner
    assert SECRET not in str(page)


async def test_of_a_deleted_conversation_nobody_reads_the_texts(person: Person) -> None:
    accepted = await person.say(f"/echo {SECRET}")
    await person.answered(accepted["conversation_id"])
    await person.delete(f"/api/conversations/{accepted['conversation_id']}")

    page = await lines(person)

    assert page["items"][-1]["type"] == "conversation.deleted"
    assert SECRET not in str(page)


async def test_following_waits_for_what_comes(served: Served, person: Person) -> None:
    end = records(served)
    following = asyncio.create_task(lines(person, f"after={end}&wait_s=20"))
    await person.say("/echo hi")

    page = await following

    assert page["items"][0]["type"] == "message.created"
    assert page["after"] > end


@pytest.mark.parametrize(
    "query",
    [
        "after=1&before=2",
        "wait_s=1",
        "after=-2",
        "after=x",
        "limit=0",
        "view=all",
        "reply_id=x",
        "wait_s=26&after=1",
        "type=reply.delte",
        "type=message.created,x",
    ],
)
async def test_a_wrong_query_is_refused_and_told(person: Person, query: str) -> None:
    answer = await person.get(f"/api/log?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")


async def test_a_limit_is_told_as_a_whole_number(person: Person) -> None:
    assert (await person.get("/api/log?wait_s=26&after=1")).json()["detail"] == "wait_s takes at most 25."


async def test_behind_the_end_there_is_nothing_and_the_end_is_where_it_is(served: Served, person: Person) -> None:
    await person.answered((await person.say("/echo hi"))["conversation_id"])
    page = await lines(person, "after=99999999")

    assert (page["items"], page["last"]) == ([], records(served))


async def test_so_many_calls_of_one_person_read_at_once_and_no_more(served: Served, person: Person, stranger: Person) -> None:
    path = f"after={records(served) + 1_000}&wait_s=2"
    waiting = [asyncio.create_task(person.get(f"/api/log?{path}")) for _ in range(log.READERS_OF_OWNER + 1)]

    statuses = sorted([(await one).status_code for one in waiting])
    other = await stranger.get("/api/log")

    assert statuses == [200] * log.READERS_OF_OWNER + [503]
    assert other.status_code == 200


async def test_without_the_broker_the_log_is_unavailable() -> None:
    async with serving() as served, person_at(served) as person:
        served.broker.lose()
        answer = await person.get("/api/log?after=0&wait_s=1")
        served.broker.recover()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
