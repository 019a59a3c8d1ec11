"""The laboratory's routes: what is broken on purpose is bounded, undone by itself, and harms no promise."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from myna.settings import Settings
from myna.web.openapi.openapi_document import openapi
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving

TOKEN = "only operators know this one: 0123456789abcdef"
FAULTS = {
    "end_responder", "pause_responder", "hold_recorder", "cut_database", "cut_broker", "cut_socket", "publish_twice", "poison",
    "replace_log",
}  # fmt: skip


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    """A node with an open laboratory, whose mock speaks slowly enough to be interrupted."""
    async with serving(lab=True, mock_profile="normal", mock_speed=4) as node:
        yield node


@pytest.fixture
async def ann(lab: Served) -> AsyncIterator[Person]:
    """Somebody there, who is an operator too, as that side is open."""
    async with person_at(lab) as person:
        yield person


async def begin(person: HttpClient, name: str, **order: Any) -> dict[str, Any]:
    answer = await person.post(f"/api/lab/faults/{name}", json=order or None)
    assert answer.status_code == 202, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def replies(person: Person, conversation_id: str, count: int = 1) -> list[dict[str, Any]]:
    return [item for item in await person.answered(conversation_id, count) if item["role"] == "assistant"]


@pytest.mark.parametrize(
    ("settings", "on"),
    [
        ({}, True),
        ({"host": "0.0.0.0"}, False),  # noqa: S104 (a test of it)
        ({"trusted_proxies": "127.0.0.1"}, False),
        ({"amqp_url": "amqp://localhost"}, False),
        ({"database_url": "postgresql://localhost/x"}, False),
        ({"amqp_url": "amqp://localhost", "lab": True}, True),
        ({"lab": False}, False),
    ],
)
def test_it_is_open_where_all_is_embedded_and_local_or_where_a_setting_says_so(settings: dict[str, Any], on: bool) -> None:
    assert Settings(_env_file=None, **settings).lab_on is on


async def test_it_is_for_operators_and_where_it_is_closed_there_is_nothing(served: Served, person: Person) -> None:
    assert (await person.get("/api/lab")).status_code == 404
    assert (await person.get("/api/pipeline")).json()["lab"] is False
    async with serving(lab=True, admin_token=TOKEN) as guarded, person_at(guarded) as somebody:
        refused = [
            await somebody.get("/api/lab"),
            await somebody.post("/api/lab/faults/poison"),
            await somebody.put("/api/lab/responders", json={"count": 0}),
        ]
        somebody.headers["Authorization"] = f"Bearer {TOKEN}"
        assert (await somebody.get("/api/pipeline")).json()["lab"] is True
        assert (await somebody.get("/api/lab")).status_code == 200
        no_session = await somebody.post("/api/lab/faults/cut_socket")

    assert [answer.status_code for answer in refused] == [401] * 3
    assert no_session.status_code == 401


async def test_the_routes_answer_as_documented(lab: Served, ann: Person) -> None:
    document = openapi(lab.node.app)
    schemas = document["components"]["schemas"]
    shown = (await ann.get("/api/lab")).json()
    set_to = (await ann.put("/api/lab/responders", json={"count": 2, "prefetch": 4})).json()
    begun = await begin(ann, "poison")

    for body, model in ((shown, "Lab"), (set_to, "LabResponders"), (begun, "FaultBegun")):
        jsonschema.validate(body, {**schemas[model], "components": {"schemas": schemas}})
    assert {fault["name"] for fault in shown["faults"]} == FAULTS
    assert (set_to["count"], set_to["prefetch"], len(set_to["workers"])) == (2, 4, 2)
    wrong = [
        await ann.post("/api/lab/faults/nothing"),
        await ann.post("/api/lab/faults/hold_recorder", json={"seconds": 1000}),
        await ann.post("/api/lab/faults/hold_recorder", json={"minutes": 1}),
        await ann.put("/api/lab/responders", json={"count": 9}),
    ]
    assert [answer.status_code for answer in wrong] == [404, 400, 400, 400]


async def test_a_reply_whose_responder_ends_in_the_middle_is_completed_by_the_next(ann: Person) -> None:
    begun = await begin(ann, "end_responder", after_part=3)
    accepted = await ann.say("/words 8")
    (reply,) = await replies(ann, accepted["conversation_id"])
    log = (await ann.get(f"/api/log?after={begun['after']}&conversation_id={accepted['conversation_id']}&limit=200")).json()["items"]

    assert (reply["status"], reply["attempt"], len(reply["text"].split())) == ("complete", 2, 8)
    starts = [place for place, item in enumerate(log) if item["type"] == "reply.started"]
    assert len(starts) == 2
    assert [item["event"]["index"] for item in log[starts[0] : starts[1]] if item["type"] == "reply.delta"][-1] == 2
    faults = (await ann.get("/api/lab")).json()["faults"]
    assert next(fault for fault in faults if fault["name"] == "end_responder")["until"] is None


async def test_what_lasts_is_shown_can_not_be_ordered_twice_and_is_over_by_itself(lab: Served, ann: Person) -> None:
    begun = [await begin(ann, name, seconds=1) for name in ("hold_recorder", "pause_responder")]
    twice = await ann.post("/api/lab/faults/hold_recorder")
    accepted = await ann.say("/echo hi")
    shown = {fault["name"]: fault["until"] for fault in (await ann.get("/api/lab")).json()["faults"]}
    responders = (await ann.get("/api/pipeline/turns")).json()["responders"]

    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
    assert [shown[one["name"]] for one in begun] == [one["until"] for one in begun]
    assert [responder["state"] for responder in responders] == ["paused"]
    assert lab.node.services.projection.pending
    await replies(ann, accepted["conversation_id"])
    await until(lambda: _true(not lab.node.services.projection.pending), 20, "it is stored")


async def _true(value: bool) -> bool:
    return value


async def test_without_the_broker_nothing_is_lost(lab: Served, ann: Person) -> None:
    await begin(ann, "cut_broker", seconds=0.5)
    assert not lab.broker.up
    accepted = await ann.say("/echo hi")
    assert [reply["text"] for reply in await replies(ann, accepted["conversation_id"])] == ["hi"]


async def test_after_the_log_was_replaced_the_chat_goes_on_in_a_new_one(lab: Served, ann: Person) -> None:
    first = await ann.say("/echo one")
    await replies(ann, first["conversation_id"])
    epoch = lab.node.services.projection.epoch
    await begin(ann, "replace_log")
    await until(lambda: _true(lab.node.services.relay.live and lab.node.services.projection.epoch != epoch), 20, "a new log")
    await ann.say("/echo two", conversation_id=first["conversation_id"])

    assert [reply["text"] for reply in await replies(ann, first["conversation_id"], 2)] == ["one", "two"]
    assert (await ann.get("/api/log")).json()["epoch"] != epoch


async def test_ones_own_sockets_break_and_nobody_elses(lab: Served, ann: Person) -> None:
    url = lab.url.replace("http", "ws") + "/ws"
    async with person_at(lab) as ben:
        mine = await connect(url, additional_headers={"Authorization": f"Bearer {ann.token}"}, proxy=None)
        theirs = await connect(url, additional_headers={"Authorization": f"Bearer {ben.token}"}, proxy=None)
        for socket in (mine, theirs):
            await socket.recv()
        begun = await begin(ann, "cut_socket")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(mine.recv(), 10)
        assert (await ann.post("/api/lab/faults/cut_socket")).status_code == 409, "there is none any more"
        await theirs.send('{"type": "ping"}')
        pong = await asyncio.wait_for(theirs.recv(), 10)
        await theirs.close()

    assert (mine.close_code, begun["until"]) == (1006, None)
    assert '"pong"' in str(pong)


async def test_a_message_that_is_published_twice_is_answered_once(ann: Person) -> None:
    assert (await ann.post("/api/lab/faults/publish_twice")).status_code == 409, "there is none yet"
    accepted = await ann.say("/echo hi")
    await begin(ann, "publish_twice")
    await replies(ann, accepted["conversation_id"])
    marker = await ann.say("/echo behind it")
    await replies(ann, marker["conversation_id"])
    created = (await ann.get(f"/api/log?conversation_id={accepted['conversation_id']}&type=message.created")).json()["items"]

    assert len(created) == 2
    assert len(await ann.messages(accepted["conversation_id"])) == 2


async def test_the_ledger_is_green_over_a_responder_that_ends_and_a_message_that_is_published_twice(lab: Served, ann: Person) -> None:
    before = (await ann.get("/api/lab/ledger")).json()
    await begin(ann, "end_responder", after_part=2)
    accepted = await ann.say("/words 4")
    await begin(ann, "publish_twice")
    opened = (await ann.get("/api/lab/ledger")).json()
    await replies(ann, accepted["conversation_id"])
    ledger = (await ann.get("/api/lab/ledger")).json()

    jsonschema.validate(ledger, openapi(lab.node.app)["components"]["schemas"]["LabLedger"])
    assert [one["accepted"] for one in (before, opened, ledger)] == [0, 1, 1]
    assert (ledger["answered"], ledger["open"], ledger["green"], ledger["faults"]) == (1, 0, True, [])
    assert ledger["from"] <= ledger["to"] == ledger["last"]


async def test_both_kinds_of_poison_end_as_dead_letters(lab: Served, ann: Person) -> None:
    await begin(ann, "poison")
    accepted = await ann.say("/poison")
    (reply,) = await replies(ann, accepted["conversation_id"])

    async def both() -> bool:
        return len((await ann.get("/api/dead-letters")).json()["items"]) == 2

    await until(both, 20, "two dead letters")
    letters = (await ann.get("/api/dead-letters")).json()["items"]
    assert (reply["status"], {letter["reason"] for letter in letters}) == ("failed", {"rejected", "delivery_limit"})


async def test_where_it_is_closed_poison_is_a_word(person: Person) -> None:
    accepted = await person.say("/poison")
    (reply,) = await replies(person, accepted["conversation_id"])

    assert "CHAT_LAB" in reply["text"]
