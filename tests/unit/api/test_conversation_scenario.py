"""A conversation as a scenario file: recorded with its timing, and played again by it."""

import json
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.unit.api.conftest import Person, Served, person_at, serving


async def recorded(person: Person, conversation_id: str) -> tuple[str, dict[str, Any]]:
    answer = await person.get(f"/api/conversations/{conversation_id}/scenario")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/yaml")
    return answer.text, yaml.safe_load(answer.text)


async def said(person: Person, *texts: str, profile: str = "fast") -> list[dict[str, Any]]:
    """A new conversation of these messages, each sent once the one before is answered."""
    conversation_id = str(uuid4())
    for count, text in enumerate(texts, start=1):
        await person.say(text, conversation_id=conversation_id, options={"profile": profile, "seed": 5})
        items = await person.answered(conversation_id, count)
    return items


async def test_a_recorded_conversation_is_played_again_part_by_part_with_its_waits(served: Served, person: Person) -> None:
    items = await said(person, "Name three bridges.", "What is a ${wire}?")
    text, file = await recorded(person, await only(person))
    first, second = (rule["reply"]["parts"] for rule in file["rules"])
    assert [rule["match"]["turn"] for rule in file["rules"]] == [1, 2]
    assert 0.03 < first[0]["after_s"] < 10

    async with person_at(served) as other:
        answer = await other.post("/api/mock/rules", content=text, headers={"Content-Type": "application/yaml"})
        assert answer.status_code == 200, answer.text
        messages = [{"role": item["role"], "content": item["text"]} for item in items]
        assert await streamed(other, messages[:1]) == [part["text"] for part in first]
        parts = await streamed(other, messages[:3])
        assert "".join(parts) == items[-1]["text"]
        assert len(parts) == len(second) == items[-1]["parts"]


async def streamed(person: Person, messages: list[dict[str, str]]) -> list[str]:
    """The parts of the reply over /v1."""
    answer = await person.post("/v1/chat/completions", json={"model": "m", "messages": messages, "stream": True})
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: {")]
    return [part for event in events if (part := event["choices"][0]["delta"].get("content"))]


async def only(person: Person) -> str:
    """The person's one conversation."""
    (conversation,) = (await person.get("/api/conversations")).json()["items"]
    return str(conversation["id"])


@pytest.mark.parametrize(("text", "reply"), [("/cut", {"finish_reason": "length"}), ("/fail refused", {"fail": "refused"})])
async def test_endings_are_recorded_too(person: Person, text: str, reply: dict[str, Any]) -> None:
    await said(person, text, profile="instant")
    _, file = await recorded(person, await only(person))
    made = file["rules"][0]["reply"]
    assert made["finish_reason" if "finish_reason" in reply else "fail"] is not None
    assert made.get("fail", {"code": None})["code"] == reply.get("fail")


async def test_what_is_no_more_remembered_is_recorded_in_one_part() -> None:
    async with serving() as node, person_at(node) as person:
        items = await said(person, "Name three bridges.")
        node.node.services.projection._window._owners[person.owner].entries.clear()
        _, file = await recorded(person, await only(person))
        (part,) = file["rules"][0]["reply"]["parts"]
        assert part["text"] == items[-1]["text"]
        assert part["after_s"] > 0


async def test_another_owners_conversation_is_not_found(person: Person, stranger: Person) -> None:
    await said(person, "/echo mine", profile="instant")
    assert (await stranger.get(f"/api/conversations/{await only(person)}/scenario")).status_code == 404
