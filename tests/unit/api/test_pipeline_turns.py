"""GET /api/pipeline/turns: the open turns one by one, with ids of the caller's own and nobody else's."""

from typing import Any

from myna.core.replies import OpenReply
from myna.protocol.events import Position
from myna.web.api import pipeline_turns
from myna.web.api.pipeline_turns import PipelineTurns
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving
from tests.unit.log_events import ANN, BEN, accepted_message, part, started

TOKEN = "only operators know this one: 0123456789abcdef"


async def picture_at(client: HttpClient, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/api/pipeline/turns{query}")
    assert answer.status_code == 200, answer.text
    picture: dict[str, Any] = answer.json()
    return picture


def test_a_turn_is_at_the_stage_that_the_log_tells_of() -> None:
    job = accepted_message(1, owner=ANN)
    reply = OpenReply(job, Position(7, 0), 0.0)
    seen = [pipeline_turns.turn_of(reply, ANN, 0)]
    reply.start(started(job))
    seen.append(pipeline_turns.turn_of(reply, ANN, 0))
    reply.add(part(job, 0, "hi"))
    seen.append(pipeline_turns.turn_of(reply, BEN, 0))

    assert [turn["stage"] for turn in seen] == ["waiting", "picked_up", "streaming"]
    assert [turn["worker"] is None for turn in seen] == [True, False, False]
    assert [turn.get("reply_id") for turn in seen] == [job.reply_id, job.reply_id, None]
    assert (seen[2]["mine"], seen[2]["offset"], seen[2]["parts"]) == (False, 7, 1)


async def test_only_the_callers_own_turns_have_ids_even_for_an_operator() -> None:
    async with serving(admin_token=TOKEN, drain_s=0) as served, person_at(served) as ann, person_at(served) as ben:
        mine, theirs = await ann.say("/sleep 20"), await ben.say("/sleep 20")
        async with HttpClient(base_url=served.url, headers={"Authorization": f"Bearer {TOKEN}"}) as operator:

            async def taken() -> bool:
                return all(turn["worker"] for turn in (await picture_at(operator))["turns"])

            await until(taken, 20, "a responder has begun both")
            nobody = await picture_at(operator)
            operator.cookies.set("chat_session", ann.token)
            picture = await picture_at(operator)
        refused = await ann.get("/api/pipeline/turns")

    assert refused.status_code == 401
    assert [turn["mine"] for turn in picture["turns"]] == [True, False]
    assert picture["turns"][0]["message_id"] == mine["id"]
    assert picture["turns"][0]["stage"] == "picked_up"
    assert theirs["id"] not in str(picture)
    assert ben.owner not in str(picture)
    assert not any("message_id" in turn for turn in nobody["turns"])
    services = served.node.services
    assert services.responder is not None
    (responder,) = picture["responders"]
    assert (responder["worker"], responder["open"], responder["here"]) == (services.responder.worker, 2, True)
    assert (responder["prefetch"], responder["state"]) == (services.settings.prefetch, "running")
    assert (picture["more"], picture["held"]) == (0, 0)


async def test_everybodys_place_in_the_log_is_told(served: Served, person: Person) -> None:
    accepted = await person.say("/echo hi")
    await person.answered(accepted["conversation_id"])
    cursor = served.node.services.projection.cursor(person.owner)

    picture = await picture_at(person, f"?cursor={cursor}")

    last = picture["log"]["last"]
    assert (picture["log"]["first"], picture["log"]["epoch"]) == (0, served.node.services.projection.epoch)
    assert [relay["position"] <= last for relay in picture["relays"]] == [True]
    assert picture["tab"]["position"] <= last
    assert picture["recorder"]["position"] <= last
    PipelineTurns.model_validate(picture)
    assert picture["rates"]["ends_per_s"] > 0
    assert "tab" not in await picture_at(person)
    assert "tab" not in await picture_at(person, "?cursor=1.0.deadbeef")
