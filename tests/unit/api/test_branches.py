"""A conversation is a tree over HTTP and on the socket: what messages follow, what the lists say of it, what is refused."""

from typing import Any
from uuid import uuid4

import pytest

from tests.services.chat_client import ChatClient
from tests.unit.api.conftest import Person, Served


async def said(person: Person, text: str, **more: Any) -> dict[str, Any]:
    """Send a message; its place in the list once it is answered."""
    accepted = await person.say(text, **more)
    replies = len([item for item in await person.messages(accepted["conversation_id"]) if item["role"] == "user"])
    items = await person.answered(accepted["conversation_id"], replies=replies)
    return next(item for item in items if item["id"] == accepted["id"]) | {"conversation_id": accepted["conversation_id"]}


def reply_to(items: list[dict[str, Any]], message: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in items if item.get("message_id") == message["id"])


async def test_the_list_is_flat_and_says_what_each_follows(person: Person) -> None:
    root = await said(person, "/echo root")
    conversation_id = root["conversation_id"]
    first = reply_to(await person.messages(conversation_id), root)
    left = await said(person, "/echo left", conversation_id=conversation_id)
    right = await said(person, "/echo right", conversation_id=conversation_id, parent_id=first["id"])
    anew = await said(person, "/echo anew", conversation_id=conversation_id, parent_id=None)

    items = await person.messages(conversation_id)

    messages = [root, left, right, anew]
    assert [item["id"] for item in items[::2]] == [message["id"] for message in messages]
    assert [item["parent_id"] for item in items[::2]] == [None, first["id"], first["id"], None]
    assert all(item["parent_id"] == item["message_id"] for item in items[1::2])


async def test_pages_over_a_tree_begin_with_the_newest_and_are_oldest_first(person: Person) -> None:
    root = await said(person, "/echo 0")
    conversation_id = root["conversation_id"]
    for number in range(1, 5):
        await said(person, f"/echo {number}", conversation_id=conversation_id, parent_id=root["id"])
    path, pages = f"/api/conversations/{conversation_id}/messages?limit=4", list[list[str]]()
    before = ""
    while True:
        page = (await person.get(path + before)).json()
        pages.append([item["text"] for item in page["items"]])
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert pages == [["/echo 3", "3", "/echo 4", "4"], ["/echo 1", "1", "/echo 2", "2"], ["/echo 0", "0"]]


@pytest.mark.parametrize("where", ["a new conversation", "this conversation"])
async def test_a_parent_that_there_is_none_of_is_not_found(person: Person, where: str) -> None:
    root = await said(person, "/echo root")
    other = await said(person, "/echo elsewhere")
    conversation_id = str(uuid4()) if where == "a new conversation" else root["conversation_id"]
    for parent in (str(uuid4()), other["id"]):
        message = {"text": "hi", "conversation_id": conversation_id, "parent_id": parent}
        answer = await person.post("/api/messages", json=message)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.json()["detail"].startswith("parent_id takes the id of a message or reply of this conversation, or null")


@pytest.mark.parametrize("parent", ["", "7", 7, []])
async def test_a_parent_that_is_no_id_is_refused_by_what_it_takes(person: Person, parent: Any) -> None:
    answer = await person.post("/api/messages", json={"text": "hi", "parent_id": parent})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_frame")
    assert answer.json()["detail"].startswith("parent_id takes")


async def test_the_same_id_with_another_parent_is_a_conflict(person: Person) -> None:
    root = await said(person, "/echo root")
    message = {"id": str(uuid4()), "text": "/echo on", "conversation_id": root["conversation_id"], "parent_id": root["id"]}
    answers = [await person.post("/api/messages", json=message | changed) for changed in ({}, {}, {"parent_id": None})]

    assert [answer.status_code for answer in answers] == [202, 202, 409]
    assert answers[1].json()["duplicate"] is True


async def test_options_and_parent_are_shown_as_they_were_sent(served: Served, person: Person) -> None:
    client = ChatClient(token=person.token)
    await client.open(served.url)
    try:
        sent = await client.send("/echo hi", profile="fast", seed=0)
        await client.end_of(sent["id"])
        failing = await client.send("/fail refused", sent["conversation_id"])
        await client.end_of(failing["id"])
    finally:
        await client.close()

    created = [frame for frame in client.frames if frame["type"] == "message.created"]
    failed = next(frame for frame in client.frames if frame["type"] == "reply.failed")
    items = await person.answered(sent["conversation_id"], replies=2)
    assert created[0]["options"] == items[0]["options"] == items[1]["options"] == {"profile": "fast", "seed": 0}
    assert created[0]["parent_id"] is None
    assert "options" not in created[1]
    assert "options" not in items[2]
    assert created[1]["parent_id"] == items[1]["id"]
    assert failed["timings"] == items[3]["timings"]
    assert items[3]["timings"]["total_ms"] >= 0


async def test_a_seeded_reply_follows_from_its_branch(person: Person) -> None:
    conversation_id = str(uuid4())
    seeded: dict[str, Any] = {"conversation_id": conversation_id, "options": {"seed": 5}}
    one = await said(person, "/echo herons", **seeded)
    other = await said(person, "/echo terns", parent_id=None, **seeded)
    asked = [await said(person, "/words 40", parent_id=parent["id"], **seeded) for parent in (one, other, one)]

    items = await person.messages(conversation_id)

    texts = [reply_to(items, message)["text"] for message in asked]
    assert texts[0] == texts[2] != texts[1]
