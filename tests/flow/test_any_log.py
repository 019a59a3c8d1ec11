"""On real servers: no record of the log stops a node, and two neighbouring releases share one log."""

import asyncio
from pathlib import Path
from uuid import uuid4

import aio_pika

from myna.protocol import log_codec
from myna.protocol.timestamps import now
from myna.protocol.topology import EXCHANGE, RoutingKey
from tests.flow.next_release import MORE_FOR_SOCKETS, MORE_INSIDE
from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.services.stack import Node, Process, Stack
from tests.unit.log_events import accepted_message, completed, part, started, stopped, uid

ROOT = str(Path(__file__).parents[2])
SOCKETS, MESSAGES = 8, 40


async def publish(amqp_url: str, key: str, bodies: list[bytes]) -> None:
    """As anybody with the broker's password may."""
    async with await aio_pika.connect(amqp_url, timeout=10) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EXCHANGE)
        for body in bodies:
            await exchange.publish(aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), key, timeout=10)


async def skipped(node: Node) -> dict[str, int]:
    """How many lines of the log a node has passed over, by reason."""
    metrics = (await ChatClient().http(node.url, "GET", "/metrics")).text
    counted = [line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("myna_skipped_lines_total{")]
    return {name.split('"')[1]: int(float(value)) for name, value in counted}


async def test_records_that_nobody_can_read_stop_no_node_neither_now_nor_when_it_starts_again(stack: Stack, amqp_url: str) -> None:
    node = await stack.add_node()
    await stack.add_responder()
    client = ChatClient()
    owner = (await client.open(node.url))["owner"]
    job = accepted_message(1, owner=owner, conversation=uid(7), when=now())
    soon = [started(job, when=job.at), part(job, 0, "a", when=job.at), stopped(job, when=job.at)]
    bad = [log_codec.encode(event).replace(job.at.encode(), b"soon") for event in soon]
    bad += [log_codec.encode(completed(job, [], when=job.at)).replace(b'"total_ms":0', b'"total_ms":-1')]
    bad += [b"\xff{", b"[" * 50_000, b"null"]
    begin, stop = log_codec.encode(job), log_codec.encode(stopped(job, when=now()))
    await publish(amqp_url, RoutingKey.EVENT, [begin, *bad, b"", b"\n".join(bad), stop])

    end = await client.end_of(uid(1))
    sent = await client.send("still there?")
    await client.end_of(sent["id"])
    assert await skipped(node) == {"unreadable": 2 * len(bad), "unknown": 0, "faults": 0}
    await node.kill()
    await node.start()
    await client.open(node.url)
    again = await client.send("and now?")
    await client.end_of(again["id"])

    assert (end["type"], end["finish_reason"], end["parts"]) == ("reply.completed", "stopped", 0)
    assert len(client.text_of(again["id"])) > 0
    await client.close()


async def test_a_node_reads_on_beside_a_release_that_writes_fields_and_types_unknown_to_it(stack: Stack) -> None:
    here = await stack.add_node()
    await stack.add_responder()
    there = Node(stack.environment | {"PYTHONPATH": ROOT}, name="next-release")
    there._arguments[1] = "tests.flow.next_release"
    stack.nodes.append(there)
    await there.start()
    responder = Process(["-m", "tests.flow.next_release", "respond"], stack.environment | {"PYTHONPATH": ROOT}, "next-responder")
    stack.responders.append(responder)
    await responder.start()
    await until(lambda: is_logged(responder, "responder.started"), 60, "the next release's responder")
    clients = [ChatClient() for _ in range(SOCKETS)]
    for number, client in enumerate(clients):
        await client.open((here, there)[number % 2].url)

    sent = await asyncio.gather(*(talk(client) for client in clients))

    async def all_stored() -> bool:
        answers = [await clients[0].http(node.url, "GET", "/api/pipeline") for node in (here, there)]
        return all(answer.json()["recorder"]["pending"] == 0 for answer in answers)

    await until(all_stored, 60, "everything stored")
    for client, (conversation, ids) in zip(clients, sent, strict=True):
        ends = [frame for frame in client.frames if frame["type"] in ("reply.completed", "reply.failed")]
        assert [(frame["message_id"], frame["type"]) for frame in ends] == [(id_, "reply.completed") for id_ in ids]
        assert all(client.text_of(frame["message_id"]) == frame["text"] for frame in ends)
        assert not [frame for frame in client.frames if {MORE_INSIDE, MORE_FOR_SOCKETS} & frame.keys()]
        for node in (here, there):
            answer = await client.http(node.url, "GET", f"/api/conversations/{conversation}/messages?limit=200")
            items = answer.json()["items"]
            assert [item["id"] for item in items if item["role"] == "user"] == ids
            assert [item["message_id"] for item in items if item["role"] == "assistant"] == ids
            assert {item["status"] for item in items} == {"complete"}
        await client.close()
    for node in (here, there):
        passed = await skipped(node)
        assert passed["unknown"] > SOCKETS
        assert (passed["unreadable"], passed["faults"]) == (0, 0)
    for process in stack.responders:
        assert process.running


async def is_logged(process: Process, event: str) -> bool:
    return bool(process.logged(event))


async def talk(client: ChatClient) -> tuple[str, list[str]]:
    """Say `MESSAGES` things in one conversation, never more than five unanswered; its id and theirs."""
    conversation, ids = str(uuid4()), list[str]()
    for number in range(MESSAGES):
        if number >= 5:
            await client.end_of(ids[number - 5])
        ids.append((await client.send(f"message {number}", conversation))["id"])
    await client.end_of(ids[-1])
    return conversation, ids
