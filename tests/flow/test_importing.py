"""A conversation that was exported comes back on real servers, on any node, and nobody is asked to answer it again."""

from typing import Any
from uuid import uuid4

from tests.services.chat_client import ChatClient
from tests.services.stack import Stack

Document = dict[str, Any]


def told(document: Document) -> list[tuple[str, str, str]]:
    return [(item["role"], item["status"], item["text"]) for item in document["messages"]]


async def test_an_export_is_imported_on_one_node_and_exported_the_same_by_another(stack: Stack) -> None:
    nodes = [await stack.add_node(), await stack.add_node()]
    await stack.add_responder()
    client = ChatClient()
    await client.open(nodes[0].url)
    conversation_id, new_id = str(uuid4()), str(uuid4())
    for text in ("/echo Godwits\nfly far", "/fail refused", "/table"):
        sent = await client.send(text, conversation_id)
        await client.end_of(sent["id"])

    async def export(node: int, which: str) -> Document:
        answer = await client.http(nodes[node].url, "GET", f"/api/conversations/{which}/export?format=json")
        assert answer.status_code == 200, answer.text
        document: Document = answer.json()
        return document

    before = await export(0, conversation_id)
    received = len(client.frames)
    first = await client.http(nodes[0].url, "PUT", f"/api/conversations/{new_id}/import", before)
    # The other node may be a moment behind: the cursor says up to where it has to have read.
    cursor = first.json()["cursor"]
    read = await client.http(nodes[1].url, "GET", f"/api/conversations/{new_id}/messages?at_least={cursor}")
    again = await client.http(nodes[1].url, "PUT", f"/api/conversations/{new_id}/import", before)
    after = await export(1, new_id)

    assert (first.status_code, read.status_code, again.status_code) == (201, 200, 201)
    assert told(after) == told(before)
    assert len(after["messages"]) == 6
    ends = [frame for frame in client.frames[received:] if frame["type"] in ("reply.completed", "reply.failed")]
    assert [frame["conversation_id"] for frame in ends] == [new_id] * 3
    assert [item["id"] for item in after["messages"]] == [item["id"] for item in read.json()["items"]]
    await client.close()
