"""A waiting message that is stopped keeps its place for everybody who reads the conversation, now and later."""

from uuid import uuid4

import pytest

from tests.services.chat_client import ChatClient
from tests.unit.api.conftest import Served

TEXTS = ("/words 12", "/echo two", "/echo three", "/echo four")


async def stop_the_third_of_four(client: ChatClient, conversation_id: str) -> list[str]:
    """Send four messages and stop the third while it waits behind the second; the ids in order, once all have ended."""
    sent = [(await client.send(text, conversation_id, profile="slow" if text == TEXTS[0] else "fast"))["id"] for text in TEXTS]
    await client.until(lambda frame: frame["type"] == "reply.delta")
    await client.put({"type": "reply.stop", "conversation_id": conversation_id, "message_id": sent[2]})
    for message_id in sent:
        await client.end_of(message_id)
    return sent


async def in_order(client: ChatClient, url: str, conversation_id: str, sent: list[str]) -> None:
    """This node shows the four in the order they were sent, each followed by its reply, and the third as stopped."""
    answer = await client.http(url, "GET", f"/api/conversations/{conversation_id}/messages?limit=200&at_least={client.place.cursor}")
    items = answer.json()["items"]
    shown = [(item["role"], item["message_id"] if item["role"] == "assistant" else item["id"]) for item in items]
    assert shown == [(role, message_id) for message_id in sent for role in ("user", "assistant")]
    ends = [(item["finish_reason"], item["text"] != "") for item in items if item["role"] == "assistant"]
    assert ends == [("stop", True), ("stop", True), ("stopped", False), ("stop", True)]


async def test_a_message_stopped_while_it_waits_keeps_its_place_in_the_history(served: Served) -> None:
    client, conversation_id = ChatClient(), str(uuid4())
    await client.open(served.url)
    try:
        sent = await stop_the_third_of_four(client, conversation_id)
        created = [frame["id"] for frame in client.frames if frame["type"] == "message.created"]

        assert created == sent
        await in_order(client, served.url, conversation_id, sent)
    finally:
        await client.close()


async def test_a_stop_that_fails_for_a_fault_of_ours_is_answered_and_the_socket_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(*_: str) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(served.node.services.commands, "stop", fault)
    client, message_id = ChatClient(), str(uuid4())
    await client.open(served.url)
    try:
        await client.put({"type": "reply.stop", "conversation_id": str(uuid4()), "message_id": message_id})
        error = await client.until(lambda frame: frame["type"] == "error")
        assert (error["code"], error["ref"]) == ("internal", message_id)
        assert "foresaw" not in error["detail"]
        assert error["request_id"].startswith("req_")
        await client.put({"type": "ping"})
        await client.until(lambda frame: frame["type"] == "pong")
    finally:
        await client.close()
