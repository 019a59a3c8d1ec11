"""What real processes tell: people the address, the log each step of a message's way but not what was said, and Prometheus numbers."""

import json
from pathlib import Path
from typing import Any

from tests.services.chat_client import ChatClient
from tests.services.http import HttpClient
from tests.services.processes import free_ports, until
from tests.services.stack import Process, Stack

MARKER = "a sentence that no log line holds"
STEPS = {
    "node": ["message.publishing", "message.accepted", "reply.stored"],
    "responder": ["reply.picked_up", "reply.first_part", "reply.ended"],
}


def about(process: Process, **ids: str) -> list[dict[str, Any]]:
    """The lines of a process' log that hold these ids."""
    lines = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if ids.items() <= line.items()]


async def test_processes_tell_where_the_page_is_and_each_step_of_a_message_and_that_they_have_stopped(stack: Stack) -> None:
    stack.environment["CHAT_LOG_LEVEL"] = "debug"
    stack.forks = False  # as they are started elsewhere
    ports = free_ports(2)
    node, responder = await stack.add_node(CHAT_METRICS_PORT=str(ports[0])), await stack.add_responder(CHAT_METRICS_PORT=str(ports[1]))

    async def told() -> bool:
        started = bool(responder.logged("responder.started"))
        return started and f"Myna is on http://localhost:{node.port}" in node.log.read_text().splitlines()

    await until(told, 60, "the address of the page")
    client = ChatClient()
    await client.open(node.url)
    sent = await client.send(f"/echo {MARKER}")
    assert MARKER in (await client.end_of(sent["id"]))["text"]
    async with HttpClient(base_url=node.url, headers={"Authorization": f"Bearer {client.token}"}) as http:
        accepted = await http.post("/api/messages", json={"text": f"/echo {MARKER}"})
        refused = await http.post("/api/messages", json={"text": MARKER, "id": sent["id"], "conversation_id": sent["conversation_id"]})
    assert (accepted.status_code, refused.status_code) == (202, 409)

    for message_id in (sent["id"], accepted.json()["id"]):

        async def stored(message_id: str = message_id) -> bool:
            return bool(about(node, event="reply.stored", message_id=message_id))

        await until(stored, 30, "the last step")
        for process, steps in ((node, STEPS["node"]), (responder, STEPS["responder"])):
            lines = about(process, message_id=message_id)
            assert [line["event"] for line in lines] == steps
            assert len({line["reply_id"] for line in lines}) == 1
    # From the id in an answer's header to the message, and from the id of a problem to its line.
    (line, _) = about(node, request_id=accepted.headers["X-Request-Id"])
    assert line["message_id"] == accepted.json()["id"]
    assert about(node, request_id=refused.headers["X-Request-Id"], event="http.error", code="conflict")
    # All that a socket sent has the id of its upgrade.
    assert all(line["request_id"].startswith("req_") for line in about(node, message_id=sent["id"], event="message.accepted"))
    await client.close()
    async with HttpClient() as prometheus:
        of_node, of_responder = [(await prometheus.get(f"http://127.0.0.1:{port}/metrics")).text for port in ports]
    assert 'myna_responder_replies_total{outcome="stop"} 2.0' in of_responder
    assert 'myna_replies_total{outcome="stop"} 2.0' in of_node
    assert 'myna_queue_consumers{queue="chat_queue"} 1.0' in of_node

    assert not node.logged("node.stopped")
    for process, event in ((node, "node.stopped"), (responder, "responder.stopped")):
        process.terminate()
        await process.ended(60)
        assert (process.exit_code, len(process.logged(event))) == (0, 1)
        assert f'"{event}"' in process.log.read_text().splitlines()[-1]
        assert_silent(process.log, MARKER, client.token or "?")


def assert_silent(log: Path, *secrets: str) -> None:
    """None of these stands in this file."""
    text = log.read_text()
    assert [secret for secret in secrets if secret in text] == []
