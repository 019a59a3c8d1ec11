"""Responders that die, freeze or are handed what nobody can answer: replies go on at the next part, nothing is said twice."""

import asyncio
import json
import os
import sys
from uuid import uuid4

import aio_pika
import pytest

from tests.faults import scenarios
from tests.faults.cluster import Cluster
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget
from tests.services.stack import Process

# Forty parts and an end, and the places before and after them.
FAILPOINTS = ("reply.started", *(f"reply.part:{part}" for part in range(1, 42)), "reply.confirmed", "delivery.acked")

pytestmark = pytest.mark.timeout(budget(150))


async def start_crashing(cluster: Cluster, *failpoints: str, in_turn: bool = False) -> Process:
    """Responders that take one message each and die, one at each of these places."""
    process = Process(
        ["-m", "tests.faults.crashing_responders", *(["--in-turn"] if in_turn else []), *failpoints],
        cluster.stack.environment,
        "crashing responders",
    )
    cluster.stack.responders.append(process)
    await process.start()
    return process


async def all_crashed(crashing: Process, within_s: float = 60) -> None:
    assert await crashing.ended(budget(within_s)) == 0, crashing.log.read_text()[-2000:]


async def got_whole_reply(client: RetryingClient, message_id: str, within_s: float = 40) -> None:
    """The reply's end came, with the text of an undisturbed run, each part once and in order."""
    end = await client.end_of(message_id, budget(within_s))
    deltas = [frame for frame in client.frames if frame["type"] == "reply.delta" and frame["message_id"] == message_id]
    assert [frame["index"] for frame in deltas] == list(range(40))
    assert [frame["text"] for frame in deltas] == scenarios.FORTY
    assert (end["type"], end["text"], end["parts"]) == ("reply.completed", scenarios.FORTY_TEXT, 40)


async def test_killed_at_every_part_and_failpoint_another_goes_on_at_the_next_part(cluster: Cluster) -> None:
    await cluster.stop_responders()
    crashing = await start_crashing(cluster, *FAILPOINTS)
    await cluster.queue("chat_queue", consumers=len(FAILPOINTS))
    clients = [cluster.client() for _ in FAILPOINTS]
    await asyncio.gather(*(client.reconnect() for client in clients))
    crashing.freeze()  # until each has got its message, or a free one would take what an early death gives back
    ids = []
    for client in clients:  # one after the other: together they would be one delivery with several orders
        ids.append(await client.send_scenario("forty"))
        await client.wait_for_acceptance(ids[-1])
    await cluster.queue("chat_queue", depth=0)
    crashing.thaw()
    await all_crashed(crashing)
    await cluster.stop_responders()
    async with cluster.recovering(f"{len(FAILPOINTS)} responders killed, each at another place", 20):
        await cluster.scale(2, 2)
    for client, message_id in zip(clients, ids, strict=True):
        await got_whole_reply(client, message_id)
        attempts = [frame["attempt"] for frame in client.frames if frame["type"] == "reply.started"]
        assert attempts in ([1, 2], [1])  # one died after the end was confirmed, and one after the ack
    verdict = await cluster.finish()
    assert verdict.clean
    assert (verdict.answered, verdict.failed) == (len(FAILPOINTS), {})


async def test_one_reply_survives_five_deaths(cluster: Cluster) -> None:
    await cluster.stop_responders()
    client = cluster.client()
    await client.reconnect()
    message_id = await client.send_scenario("forty")
    await all_crashed(await start_crashing(cluster, *["reply.part:5"] * 5, in_turn=True))
    await cluster.stop_responders()
    await cluster.scale(2, 2)
    await got_whole_reply(client, message_id)
    assert (await cluster.finish()).clean


async def test_killed_under_load_nothing_is_lost(cluster: Cluster) -> None:
    cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    for _ in range(3):
        await asyncio.sleep(0.5)
        async with cluster.recovering("responder killed under load", 10):
            await cluster.responders[0].kill()
            await cluster.responders[0].start()
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_a_frozen_responder_that_wakes_up_changes_nothing(cluster: Cluster) -> None:
    await cluster.stop_responders()
    frozen = await cluster.stack.add_responder()
    client = cluster.client()
    await client.reconnect()
    message_id = await client.send_scenario("long-forty")
    await client.wait_for_part(message_id, 10, budget(20))
    frozen.freeze()
    # The broker misses two heartbeats and gives its work to somebody else; a fresh question waits for nobody.
    async with cluster.recovering("responder frozen, a fresh message", 10):
        await cluster.stack.add_responder()
    await client.wait_for_part(message_id, 12, budget(40))
    frozen.thaw()
    await got_whole_reply(client, message_id)
    again = await client.send_scenario("forty")
    await got_whole_reply(client, again)
    verdict = await cluster.finish()
    assert verdict.clean
    assert (verdict.answered, verdict.failed) == (2, {})


async def command(cluster: Cluster, *arguments: str) -> tuple[int, str]:
    """Run `myna …` against the cluster's broker; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "myna", *arguments,
        env={**os.environ, **cluster.stack.environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def publish(cluster: Cluster, body: bytes, *, exchange: str = "", key: str = "chat_queue") -> None:
    """Put something there by hand, as an operator would."""
    connection = await aio_pika.connect(cluster.rabbit.url(cluster.vhost), timeout=10)
    async with connection:
        channel = await connection.channel()
        where = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await where.publish(aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), key, timeout=10)


async def dead_letters(cluster: Cluster) -> list[str]:
    code, output = await command(cluster, "dead-letters", "list")
    assert code == 0, output
    return [line for line in output.splitlines() if not line.endswith(("dead letter.", "dead letters."))]


async def test_what_is_no_message_is_parked_at_once_with_its_body_and_holds_up_nobody(cluster: Cluster) -> None:
    bodies = [b"not json {", b'{"text": ""}', b'{"words": "hello"}', b"\xff\xfe", b'{"text": "a\\u0000b"}']
    async with cluster.recovering("five malformed bodies", 10):
        for body in bodies:
            await publish(cluster, body)
    await cluster.queue("chat_dead_letters", depth=5)
    lines = await dead_letters(cluster)
    assert all("rejected" in line for line in lines)
    first = next(line.split()[0] for line in lines if "not json" in line)
    code, output = await command(cluster, "dead-letters", "show", first)
    assert code == 0
    assert "not json {" in output
    code, output = await command(cluster, "dead-letters", "requeue", first)  # it comes back: it is still no message
    assert (code, output) == (0, "1 requeued.\n")
    await cluster.queue("chat_dead_letters", depth=5)
    code, output = await command(cluster, "dead-letters", "drop", *(line.split()[0] for line in await dead_letters(cluster)))
    assert (code, output) == (0, "5 dropped.\n")
    await cluster.queue("chat_dead_letters", depth=0)


async def test_a_message_put_there_by_hand_is_answered(cluster: Cluster) -> None:
    client = cluster.client()
    await client.reconnect()
    conversation = client.conversations[0]
    message = {"text": "hello by hand", "owner": client.owner, "conversation_id": conversation}
    await publish(cluster, json.dumps(message).encode())
    created = await client.until(lambda frame: frame["type"] == "message.created", budget(20))
    end = await client.end_of(created["id"], budget(20))
    assert (created["text"], end["type"]) == ("hello by hand", "reply.completed")
    await client.close()
    cluster.clients.clear()


async def test_poison_is_parked_and_its_owner_told_once_while_others_are_answered(cluster: Cluster) -> None:
    await cluster.stop_responders()
    client, other = cluster.client(), cluster.client()
    await client.reconnect()
    await other.reconnect()
    poison = await client.send_scenario("forty")
    await all_crashed(await start_crashing(cluster, *["reply.part:3"] * 6, in_turn=True))  # the first try and five more
    await cluster.stop_responders()
    innocent = await other.send_scenario("forty")
    await cluster.scale(2, 2)
    end = await client.end_of(poison, budget(30))
    assert (end["type"], end["code"], end["retryable"]) == ("reply.failed", "delivery_limit", True)
    await got_whole_reply(other, innocent)
    await cluster.queue("chat_dead_letters", depth=1)
    (line,) = await dead_letters(cluster)
    assert "delivery_limit" in line
    assert (await command(cluster, "dead-letters", "requeue", line.split()[0]))[0] == 0
    again = await client.until(
        lambda frame: frame["type"] == "reply.completed" and frame["message_id"] == poison, budget(30)
    )  # one more reply to the same message
    assert again["text"] == scenarios.FORTY_TEXT
    ends = [frame for frame in client.frames if frame["type"] == "reply.failed"]
    assert len(ends) == 1
    await cluster.queue("chat_dead_letters", depth=0)
    await client.close()
    cluster.clients.remove(client)
    verdict = await cluster.finish()
    assert verdict.clean


async def test_duplicated_and_reordered_answers_in_the_log_change_no_text(cluster: Cluster) -> None:
    client = cluster.client()
    await client.reconnect()
    message_id = await client.send_scenario("long-forty")
    await client.wait_for_part(message_id, 15, budget(20))
    started = next(frame for frame in client.frames if frame["type"] == "reply.started")
    about = {name: started[name] for name in ("conversation_id", "reply_id", "message_id", "attempt")}

    def line(index: int, text: str) -> bytes:
        event = {"owner": client.owner, "type": "reply.delta", "at": started["at"], **about, "index": index, "text": text}
        return json.dumps(event).encode()

    for index in (3, 3, 39, 25, 0, 12):  # what is past, what is not due, twice
        await publish(cluster, line(index, scenarios.FORTY[index]), exchange="chat", key="event")
    done = {"owner": client.owner, "type": "reply.completed", "at": started["at"], **about, "parts": 40, "text": "too early"}
    timings = {"queued_ms": 0, "first_part_ms": 0, "total_ms": 0}
    await publish(cluster, json.dumps({**done, "finish_reason": "stop", "timings": timings}).encode(), exchange="chat", key="event")
    stranger = {**done, "owner": str(uuid4()), "finish_reason": "stop", "timings": timings}
    await publish(cluster, json.dumps(stranger).encode(), exchange="chat", key="event")
    await got_whole_reply(client, message_id)
    assert (await cluster.finish()).clean
