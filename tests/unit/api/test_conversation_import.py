"""An export comes back as it was, once, under a new id; no responder answers it again."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import Busy
from myna.protocol.event_fields import TEXT_LIMIT
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import RoutingKey
from myna.web.api.conversation_file import ITEMS_LIMIT, REPLY_LIMIT
from myna.web.server.requests import IMPORT_LIMIT
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.unit.api.conftest import Person, Served, person_at

Document = dict[str, Any]
LATER = ("id", "message_id", "parts", "created_at", "stored_at")  # what an import makes anew


async def export(person: Person, conversation_id: str) -> Document:
    """The conversation's file."""
    answer = await person.get(f"/api/conversations/{conversation_id}/export?format=json")
    assert answer.status_code == 200, answer.text
    document: Document = answer.json()
    return document


async def put(person: Person, document: Document, conversation_id: str | None = None) -> tuple[int, dict[str, Any]]:
    """Import; the status and the answer."""
    answer = await person.put(f"/api/conversations/{conversation_id or uuid4()}/import", json=document)
    return answer.status_code, answer.json()


def kept(document: Document) -> list[dict[str, Any]]:
    """The messages of a file, without what an import makes anew; `parent_id` is the place of the parent."""
    places = {item["id"]: place for place, item in enumerate(document["messages"])}
    items = [item | {"parent_id": places.get(item["parent_id"])} for item in document["messages"]]
    return [{name: value for name, value in item.items() if name not in LATER} for item in items]


def user_message(number: int, text: str = "hello") -> dict[str, Any]:
    return {"id": str(uuid4()), "role": "user", "text": f"{text} {number}", "status": "complete"}


def reply_to(message: dict[str, Any], text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "role": "assistant", "message_id": message["id"], "text": text, "status": "complete", **more}


def turns(count: int) -> list[dict[str, Any]]:
    """So many messages with their replies."""
    messages = [user_message(number) for number in range(count)]
    return [item for message in messages for item in (message, reply_to(message, f"answer to {message['text']}"))]


def texts(document: Document) -> list[str]:
    return [item["text"] for item in document["messages"]]


def written(*messages: dict[str, Any], title: str = "Brought along") -> Document:
    return {"schema": "myna.conversation/1", "conversation": {"id": str(uuid4()), "title": title}, "messages": list(messages)}


async def a_conversation(served: Served, person: Person) -> Document:
    """A conversation with two versions of a reply, a failed and a stopped one, branches, options, and a title of its own; its file."""
    conversation_id = str(uuid4())
    client = ChatClient(token=person.token)
    await client.open(served.url)
    try:
        first = await client.send("/echo Godwits\nfly far", conversation_id)
        await client.end_of(first["id"])
        again = {"type": "reply.regenerate", "id": str(uuid4()), "conversation_id": conversation_id, "message_id": first["id"]}
        await client.put(again)
        await client.until(lambda _: len([one for one in client.frames if one["type"] == "reply.completed"]) == 2)
        failing = await client.send("/fail refused", conversation_id)
        await client.end_of(failing["id"])
        slow = await client.send("/slow 1", conversation_id)
        await client.until(lambda frame: frame["type"] == "reply.delta" and frame["message_id"] == slow["id"])
        await client.put({"type": "reply.stop", "conversation_id": conversation_id, "message_id": slow["id"]})
        await client.end_of(slow["id"])
        for parent in (None, reply_id_for(client.welcome["owner"], first["id"])):
            branch = str(uuid4())
            text = {
                "type": "message.send",
                "id": branch,
                "conversation_id": conversation_id,
                "text": "/echo otherwise",
                "parent_id": parent,
            }
            await client.put(text | {"options": {"profile": "instant", "seed": 7}})
            await client.end_of(branch)
    finally:
        await client.close()
    await person.patch(f"/api/conversations/{conversation_id}", json={"title": "Long ways"})

    async def named() -> bool:
        return bool((await export(person, conversation_id))["conversation"]["title"] == "Long ways")

    await until(named, 30, "the new title")
    return await export(person, conversation_id)


async def test_what_was_exported_comes_back_and_is_exported_the_same_again(served: Served, person: Person) -> None:
    before = await a_conversation(served, person)

    status, answer = await put(person, before)

    after = await export(person, answer["id"])
    assert (status, answer["title"], answer["messages"]) == (201, "Long ways", 11)
    assert after["conversation"]["title"] == "Long ways"
    assert kept(after) == kept(before)
    replies = [item for item in after["messages"] if item["role"] == "assistant"]
    assert [reply["status"] for reply in replies] == ["complete", "complete", "failed", "stopped", "complete", "complete"]
    assert [item["parent_id"] for item in kept(after) if item["role"] == "user"] == [None, 2, 4, None, 1]
    assert after["messages"][-1]["options"] == {"profile": "instant", "seed": 7}
    assert {item["id"] for item in after["messages"]}.isdisjoint(item["id"] for item in before["messages"])


async def test_another_owner_takes_it_in_and_only_they_have_it(served: Served, person: Person, stranger: Person) -> None:
    before = await a_conversation(served, person)

    _, answer = await put(stranger, before, before["conversation"]["id"])

    assert kept(await export(stranger, answer["id"])) == kept(before)
    assert kept(await export(person, before["conversation"]["id"])) == kept(before)


async def test_the_same_again_changes_nothing_and_goes_to_no_responder(served: Served, person: Person) -> None:
    message = user_message(1)
    document, conversation_id = written(message, reply_to(message), user_message(2)), str(uuid4())
    tried = len(served.broker.queues.log)

    first = await put(person, document, conversation_id)
    logged = len(served.broker.queues.log)
    stored = await person.messages(conversation_id)
    again = await put(person, document, conversation_id)
    pages_of_the_release_before = await person.put(f"/api/conversations/{conversation_id}", json=document)

    assert (first[0], again[0], pages_of_the_release_before.status_code) == (201, 201, 201)
    assert {**first[1], "cursor": ""} == {**again[1], "cursor": ""}
    assert len(served.broker.queues.log) == logged > tried
    assert [item["id"] for item in await person.messages(conversation_id)] == [item["id"] for item in stored]
    lines = [line for record in served.broker.queues.log[tried:] if record.key != "event" for line in record.body.split(b"\n")]
    assert not [line for line in lines if person.owner.encode() in line]


async def test_the_rest_of_an_interrupted_import_follows(served: Served, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    document, conversation_id = written(*turns(4)), str(uuid4())
    commands = served.node.services.commands
    publish = commands._publish

    async def interrupted(key: RoutingKey, events: Sequence[e.Event]) -> None:
        await publish(key, events[:7])  # two turns and the title
        raise Busy("The broker can't take this now; try again.")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(commands, "_publish", interrupted)
        half = await put(person, document, conversation_id)
    some = await export(person, conversation_id)
    whole = await put(person, document, conversation_id)

    assert (half[0], half[1]["code"], whole[0]) == (503, "busy", 201)
    assert (len(some["messages"]), some["conversation"]["title"]) == (4, "Brought along")
    assert texts(await export(person, conversation_id)) == texts(document)


async def test_later_messages_stay_when_the_same_is_imported_again(person: Person) -> None:
    document, conversation_id = written(*turns(1)), str(uuid4())
    await put(person, document, conversation_id)
    await person.say("/echo and on", conversation_id=conversation_id)
    await person.answered(conversation_id, replies=2)
    await person.patch(f"/api/conversations/{conversation_id}", json={"title": "Renamed"})

    status, _ = await put(person, document, conversation_id)

    after = await export(person, conversation_id)
    assert (status, after["conversation"]["title"]) == (201, "Renamed")
    assert texts(after) == [*texts(document), "/echo and on", "and on"]


async def test_an_id_that_is_another_conversations_is_rejected(person: Person) -> None:
    existing_id = (await person.say("/echo mine"))["conversation_id"]
    await person.answered(existing_id)
    imported_id, deleted_id = str(uuid4()), str(uuid4())
    document = written(*turns(1))
    for conversation_id in (imported_id, deleted_id):
        await put(person, document, conversation_id)
    await person.delete(f"/api/conversations/{deleted_id}")

    other = written(*turns(1), title="Another")
    rejected = [await put(person, other, taken) for taken in (existing_id, imported_id, deleted_id)]

    assert [(status, answer["code"]) for status, answer in rejected] == [(409, "conflict")] * 3
    assert texts(await export(person, existing_id)) == ["/echo mine", "mine"]


async def test_an_incomplete_reply_comes_back_as_failed_with_the_text_so_far(person: Person) -> None:
    running, waiting = user_message(1), user_message(2)
    document = written(running, reply_to(running, "so f", status="streaming", worker="w1", attempt=2), waiting)

    status, answer = await put(person, document)

    replies = [item for item in await person.messages(answer["id"]) if item["role"] == "assistant"]
    assert status == 201
    assert [(one["status"], one["text"], one["error"]["code"], one["error"]["retryable"]) for one in replies] == [
        ("failed", "so f", "unfinished", True),
        ("failed", "", "unanswered", True),
    ]
    assert (replies[0]["worker"], replies[0]["attempt"]) == ("w1", 2)


async def test_an_import_stands_in_order_with_moments_of_its_own_now(person: Person) -> None:
    document = written(*turns(30))
    begun = timestamps.now_ms()

    _, answer = await put(person, document)

    items = await person.messages(answer["id"])
    stamps = [timestamps.milliseconds(item["created_at"]) for item in items]
    assert stamps == sorted(set(stamps))  # a page orders turns by them
    assert begun - len(items) <= stamps[0] < stamps[-1] <= timestamps.now_ms()
    assert [item["text"] for item in items] == texts(document)


async def test_every_socket_of_the_owner_gets_its_events(served: Served, person: Person) -> None:
    client = ChatClient(token=person.token)
    await client.open(served.url)
    message = user_message(1)
    try:
        await put(person, written(message, reply_to(message, worker="w1", attempt=1)))
        await client.until(lambda frame: frame["type"] == "conversation.updated")
    finally:
        await client.close()

    assert [frame["type"] for frame in client.frames] == [
        "message.created", "reply.started", "reply.delta", "reply.completed", "conversation.updated",
    ]  # fmt: skip
    assert client.text_of(client.frames[0]["id"]) == client.frames[3]["text"] == "hi"


async def test_the_longest_import_is_taken_and_a_longer_one_is_not(person: Person) -> None:
    longest = written(*turns(ITEMS_LIMIT // 2))

    taken = await put(person, longest)
    rejected = await put(person, written(*turns(ITEMS_LIMIT // 2), user_message(0)))
    answer = await person.put(f"/api/conversations/{uuid4()}/import", content=b" " * (IMPORT_LIMIT + 1))

    assert (taken[0], taken[1]["messages"]) == (201, ITEMS_LIMIT)
    assert rejected[0] == 400
    assert rejected[1]["detail"].startswith("messages takes at most 2000 items")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert str(IMPORT_LIMIT) in answer.json()["detail"]


def changed(**more: Any) -> Document:
    message = user_message(1)
    return written(message, {**reply_to(message), **more})


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "schema"),
        ({**written(user_message(1)), "schema": "myna.conversation/2"}, "schema"),
        ({**written(user_message(1)), "more": 1}, "more"),
        (written(), "messages"),
        (written(user_message(1), title=" "), "conversation.title: "),
        (written({**user_message(1), "text": " "}), "messages.0.text"),
        (written({**user_message(1), "text": "x" * (TEXT_LIMIT + 1)}), "messages.0.text"),
        (written({**user_message(1), "text": "a\x00b"}), "messages.0.text"),
        (written({**user_message(1), "role": "system"}), "messages.0.role"),
        (changed(text="x" * (REPLY_LIMIT + 1)), "messages.1.text"),
        (changed(text="a\x00b"), "messages.1.text"),
        (changed(worker="a\x00b"), "messages.1.worker"),
        (changed(attempt=2**40), "messages.1.attempt"),
        (changed(timings={"queued_ms": 2**70, "total_ms": 1}), "messages.1.timings.queued_ms"),
        (changed(message_id=str(uuid4())), "messages.1.message_id"),
        (written(user_message(1), {**user_message(2), "id": "7"}), "messages.1.id"),
        (written(user_message(1), {**user_message(2), "parent_id": "7"}), "messages.1.parent_id"),
        (
            written(user_message(1), {**user_message(2), "parent_id": str(uuid4())}),
            "messages.1.parent_id: takes the id of a message or reply",
        ),
        (written({**user_message(2), "id": (same := str(uuid4())), "parent_id": same}), "messages.0.parent_id"),
        (written({**user_message(2), "parent_id": same}, {**user_message(1), "id": same}), "messages.0.parent_id"),
        (changed(parent_id=str(uuid4())), "messages.1.parent_id: of a reply, takes its message_id"),
        (written({**user_message(1), "options": {"speed": 2}}), "messages.0.options"),
    ],
)
async def test_a_document_that_is_none_is_rejected_with_the_place(person: Person, document: Document, place: str) -> None:
    status, answer = await put(person, document)

    assert (status, answer["code"]) == (400, "invalid_frame")
    assert answer["detail"].startswith(place), answer["detail"]
    assert (await person.get("/api/conversations")).json()["items"] == []


async def test_a_file_from_before_the_tree_comes_back_as_a_chain(person: Person) -> None:
    first, second, third = (user_message(number) for number in range(3))
    document = written(first, reply_to(first), reply_to(first, "again"), second, third, reply_to(third))

    status, answer = await put(person, document)

    items = await person.messages(answer["id"])
    places = {item["id"]: item["text"] for item in items}
    assert status == 201
    assert [places.get(item["parent_id"]) for item in items if item["role"] == "user"] == [None, "again", ""], "the failed reply it got"


async def test_an_id_that_stands_twice_is_rejected_with_the_place(person: Person) -> None:
    message = user_message(1)

    status, answer = await put(person, written(message, message))

    assert (status, answer["detail"]) == (400, "messages.1.id: stands in an item above too; each takes an id of its own.")


async def test_without_a_broker_it_is_rejected_like_any_write_and_goes_through_later(frail: Served) -> None:
    async with person_at(frail) as person:
        document, conversation_id = written(*turns(2)), str(uuid4())
        frail.broker.lose("The broker is away.")
        away = await put(person, document, conversation_id)
        frail.broker.recover()
        back = await put(person, document, conversation_id)

        assert (away[0], away[1]["code"], back[0]) == (503, "busy", 201)
        assert texts(await export(person, conversation_id)) == texts(document)


async def test_an_address_that_ends_in_no_uuid_is_answered_by_what_it_takes(person: Person) -> None:
    status, answer = await put(person, written(*turns(1)), "abc")

    assert (status, answer["code"]) == (400, "invalid_frame")
    assert answer["detail"] == "A conversation's id takes a UUID; this address has something else."
