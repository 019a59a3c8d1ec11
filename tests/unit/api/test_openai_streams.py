"""An answer lasts as long as its client listens and no longer."""

from uuid import uuid4

import httpx
import pytest

from myna.core import hub
from myna.web.openai import awaited_reply
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at, serving
from tests.unit.api.openai_calls import COMPLETIONS, request_body, stream_of


async def test_hanging_up_stops_the_reply(person: Person) -> None:
    conversation_id = str(uuid4())
    body = request_body(f"/echo {'word ' * 200}", model="myna-slow", stream=True, metadata={"conversation_id": conversation_id})
    async with person.stream("POST", COMPLETIONS, json=body) as answer:
        async for line in answer.aiter_lines():
            if "word" in line:
                break

    _, reply = await person.answered(conversation_id)
    assert (reply["status"], reply["finish_reason"]) == ("stopped", "stopped")


async def test_hanging_up_on_a_whole_answer_stops_it_too(person: Person) -> None:
    conversation_id = str(uuid4())
    body = request_body(f"/echo {'word ' * 200}", model="myna-slow", metadata={"conversation_id": conversation_id})
    with pytest.raises(httpx.ReadTimeout):
        await person.post(COMPLETIONS, json=body, timeout=1)

    assert [item["status"] for item in await person.answered(conversation_id)] == ["complete", "stopped"]


async def test_hanging_up_while_it_waits_for_its_turn_withdraws_it(person: Person) -> None:
    first = await person.say(f"/echo {'word ' * 200}", options={"profile": "slow"})
    body = request_body("/echo hi", metadata={"conversation_id": first["conversation_id"]})
    with pytest.raises(httpx.ReadTimeout):
        await person.post(COMPLETIONS, json=body, timeout=1)

    async def withdrawn() -> bool:
        return "stopped" in [item["status"] for item in await person.messages(first["conversation_id"])]

    await until(withdrawn, 30, "the withdrawal")
    client = ChatClient(token=person.token)
    await client.open(str(person.base_url).rstrip("/"))
    await client.put({"type": "reply.stop", "conversation_id": first["conversation_id"], "message_id": first["id"]})
    items = await person.answered(first["conversation_id"], 2)
    await client.close()

    assert [item["status"] for item in items if item["role"] == "assistant"] == ["stopped", "stopped"]
    assert items[-1]["text"] == ""


async def test_silence_is_kept_alive_by_comments(anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited_reply, "KEEP_ALIVE_S", 0.2)

    events, comments = await stream_of(anybody, request_body("/slow 1", stop=["between"]))

    assert len(comments) >= 3
    assert events[-1] == "[DONE]"


async def test_a_listener_that_was_overrun_goes_on_where_it_was(
    served: Served, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = served.node.services.hub.overflows
    monkeypatch.setattr(hub, "MAILBOX_BYTES", 1)  # no mailbox takes a second frame
    words = " ".join(map(str, range(200)))

    events, _ = await stream_of(anybody, request_body(f"/echo {words}", model="myna-fast"))

    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events[:-1]) == words
    assert served.node.services.hub.overflows > before


async def test_an_answer_longer_than_the_sockets_timeout_is_sent_to_its_end() -> None:
    async with serving(heartbeat_s=1) as served, person_at(served) as person:  # a socket that sends nothing for 3 s is cut off
        events, comments = await stream_of(person, request_body(f"/echo {'word ' * 30}", model="myna-slow"))

    assert not comments
    assert events[-1] == "[DONE]"


async def test_no_mailbox_stays_attached_after_the_answer(served: Served, anybody: httpx.AsyncClient) -> None:
    await stream_of(anybody, request_body("/echo hi"))
    await anybody.post(COMPLETIONS, json=request_body("/fail refused"))

    async def nobody() -> bool:
        return served.node.services.hub.count == 0

    await until(nobody, 10, "an empty hub")
