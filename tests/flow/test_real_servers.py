"""The main promise on real servers: every accepted message has exactly one reply, in order, nowhere else, and is stored."""

import asyncio
from uuid import uuid4

from myna.protocol.ids import reply_id_for
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.services.stack import Stack

SOCKETS, MESSAGES = 20, 50


async def talk(client: ChatClient, conversation_id: str) -> list[str]:
    """Send `MESSAGES` messages, never more than five unanswered; their ids in order."""
    ids: list[str] = []
    for number in range(MESSAGES):
        if number >= 5:
            await client.end_of(ids[number - 5])
        ids.append((await client.send(f"message {number}", conversation_id))["id"])
    await client.end_of(ids[-1])
    return ids


async def test_twenty_sockets_with_fifty_messages_each_get_every_reply_once_in_order_and_stored(stack: Stack) -> None:
    nodes = [await stack.add_node(), await stack.add_node()]
    for _ in range(3):
        await stack.add_responder()
    clients = [ChatClient() for _ in range(SOCKETS)]
    conversations = [str(uuid4()) for _ in clients]
    for number, client in enumerate(clients):
        await client.open(nodes[number % 2].url)

    sent = await asyncio.gather(*(talk(client, conversation) for client, conversation in zip(clients, conversations, strict=True)))

    for client, conversation, ids in zip(clients, conversations, sent, strict=True):
        accepted = [frame["id"] for frame in client.frames if frame["type"] == "message.accepted"]
        ends = [frame["message_id"] for frame in client.frames if frame["type"] in ("reply.completed", "reply.failed")]
        assert accepted == ids
        assert ends == ids
        assert {frame["conversation_id"] for frame in client.events()} == {conversation}
        for frame in client.frames:
            if frame["type"] == "reply.completed":
                assert client.text_of(frame["message_id"]) == frame["text"]
        await client.close()

    async def all_stored() -> bool:
        answer = await clients[0].http(nodes[1].url, "GET", "/api/pipeline")
        return bool(answer.json()["recorder"]["pending"] == 0)

    await until(all_stored, 30, "everything stored")
    for client, conversation, ids in zip(clients, conversations, sent, strict=True):
        answer = await client.http(nodes[0].url, "GET", f"/api/conversations/{conversation}/messages?limit=200")
        items = answer.json()["items"]
        assert [item["id"] for item in items if item["role"] == "user"] == ids
        assert [item["message_id"] for item in items if item["role"] == "assistant"] == ids
        assert all("stored_at" in item for item in items)


async def test_the_same_id_on_another_node_is_a_duplicate_and_with_other_text_a_conflict(stack: Stack) -> None:
    nodes = [await stack.add_node(), await stack.add_node()]
    await stack.add_responder()
    first, second = ChatClient(), ChatClient()
    await first.open(nodes[0].url)
    sent = await first.send("once")
    await first.end_of(sent["id"])
    second.token = first.token
    await second.open(nodes[1].url)

    await second.put(sent)
    again = await second.until(lambda frame: frame.get("id") == sent["id"])
    await second.put({**sent, "text": "something else"})
    refused = await second.until(lambda frame: frame["type"] == "error")

    assert (again["type"], again["duplicate"]) == ("message.accepted", True)
    assert (refused["code"], refused["ref"]) == ("conflict", sent["id"])
    assert len([frame for frame in first.frames if frame["type"] == "reply.completed"]) == 1
    await first.close()
    await second.close()


async def test_branches_are_the_same_on_every_node_and_after_a_restart(stack: Stack) -> None:
    nodes = [await stack.add_node(), await stack.add_node()]
    await stack.add_responder()
    first, second = ChatClient(), ChatClient()
    await first.open(nodes[0].url)
    conversation = str(uuid4())

    async def say(client: ChatClient, text: str, **place: str | None) -> str:
        id_ = str(uuid4())
        frame = {"type": "message.send", "id": id_, "conversation_id": conversation, "text": text, "options": {"seed": 3}}
        await client.put(frame | place)
        await client.end_of(id_)
        return id_

    root = await say(first, "/words 20")
    left = await say(first, "/words 20")
    second.token = first.token
    await second.open(nodes[1].url)
    right = await say(second, "/words 20", parent_id=reply_id_for(str(first.welcome["owner"]), root))
    again = await say(second, "/words 20", parent_id=None)
    restarted = await stack.add_node()
    third = ChatClient(token=first.token)
    await third.open(restarted.url)
    deeper = await say(third, "/words 20", parent_id=left)

    path = f"/api/conversations/{conversation}/messages?at_least={third.place.cursor}"
    lists = [(await first.http(node.url, "GET", path)).json()["items"]
             for node in (*nodes, restarted)]  # fmt: skip
    items = {item["id"]: item for item in lists[0]}
    texts = {item["message_id"]: item["text"] for item in lists[0] if item["role"] == "assistant"}
    reply = reply_id_for(str(first.welcome["owner"]), root)
    assert lists[0] == lists[1] == lists[2]
    assert [items[one]["parent_id"] for one in (root, left, right, again, deeper)] == [None, reply, reply, None, left]
    assert texts[root] == texts[again] != texts[left] == texts[right] != texts[deeper], "a seeded reply follows from its path"
    for client in (first, second, third):
        await client.close()
