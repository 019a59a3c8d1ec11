"""Responders that die, freeze or are handed what nobody can answer: replies go on at the next part, nothing is said twice."""

import asyncio
import json
import os
import sys
from uuid import uuid4

import aio_pika
import pytest

from tests.faults import scripts
from tests.faults.talker import Talker
from tests.faults.world import World
from tests.services.budgets import budget
from tests.services.stack import Process

# Forty parts and an end, and the places before and after them.
PLACES = ("reply.started", *(f"reply.part:{part}" for part in range(1, 42)), "reply.confirmed", "delivery.acked")

pytestmark = pytest.mark.timeout(budget(150))


async def doom(world: World, *failpoints: str, in_turn: bool = False) -> Process:
    """Responders that take one message each and die, one at each of these places."""
    process = Process(["-m", "tests.faults.doomed", *(["--in-turn"] if in_turn else []), *failpoints], world.stack.environment, "doomed")
    world.stack.responders.append(process)
    await process.start()
    return process


async def all_dead(victims: Process, within_s: float = 60) -> None:
    assert await victims.ended(budget(within_s)) == 0, victims.log.read_text()[-2000:]


async def answered_undisturbed(client: Talker, message_id: str, within_s: float = 40) -> None:
    """The reply's end came, with the text of an undisturbed run, each part once and in order."""
    end = await client.end_of(message_id, budget(within_s))
    deltas = [frame for frame in client.frames if frame["type"] == "reply.delta" and frame["message_id"] == message_id]
    assert [frame["index"] for frame in deltas] == list(range(40))
    assert [frame["text"] for frame in deltas] == scripts.FORTY
    assert (end["type"], end["text"], end["parts"]) == ("reply.completed", scripts.FORTY_TEXT, 40)


async def test_killed_at_every_part_and_failpoint_another_goes_on_at_the_next_part(world: World) -> None:
    await world.dismiss_responders()
    victims = await doom(world, *PLACES)
    await world.queue("chat_queue", consumers=len(PLACES))
    clients = [world.talker() for _ in PLACES]
    await asyncio.gather(*(client.reconnect() for client in clients))
    victims.freeze()  # until each has got its message, or a free one would take what an early death gives back
    ids = []
    for client in clients:  # one after the other: together they would be one delivery with several orders
        ids.append(await client.ask("forty"))
        await client.accepted(ids[-1])
    await world.queue("chat_queue", depth=0)
    victims.thaw()
    await all_dead(victims)
    await world.dismiss_responders()
    async with world.recovering(f"{len(PLACES)} responders killed, each at another place", 20):
        await world.staff(2, 2)
    for client, message_id in zip(clients, ids, strict=True):
        await answered_undisturbed(client, message_id)
        attempts = [frame["attempt"] for frame in client.frames if frame["type"] == "reply.started"]
        assert attempts in ([1, 2], [1])  # one died after the end was confirmed, and one after the ack
    verdict = await world.finish()
    assert verdict.clean
    assert (verdict.answered, verdict.failed) == (len(PLACES), {})


async def test_one_reply_survives_five_deaths(world: World) -> None:
    await world.dismiss_responders()
    client = world.talker()
    await client.reconnect()
    message_id = await client.ask("forty")
    await all_dead(await doom(world, *["reply.part:5"] * 5, in_turn=True))
    await world.dismiss_responders()
    await world.staff(2, 2)
    await answered_undisturbed(client, message_id)
    assert (await world.finish()).clean


async def test_killed_under_load_nothing_is_lost(world: World) -> None:
    world.talk(4, say=scripts.mixed, conversations=2)
    for _ in range(3):
        await asyncio.sleep(0.5)
        async with world.recovering("responder killed under load", 10):
            await world.responders[0].kill()
            await world.responders[0].start()
    verdict = await world.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_a_frozen_responder_that_wakes_up_changes_nothing(world: World) -> None:
    await world.dismiss_responders()
    frozen = await world.stack.add_responder()
    client = world.talker()
    await client.reconnect()
    message_id = await client.ask("long-forty")
    await client.part(message_id, 10, budget(20))
    frozen.freeze()
    # The broker misses two heartbeats and gives its work to somebody else; a fresh question waits for nobody.
    async with world.recovering("responder frozen, a fresh message", 10):
        await world.stack.add_responder()
    await client.part(message_id, 12, budget(40))
    frozen.thaw()
    await answered_undisturbed(client, message_id)
    again = await client.ask("forty")
    await answered_undisturbed(client, again)
    verdict = await world.finish()
    assert verdict.clean
    assert (verdict.answered, verdict.failed) == (2, {})


async def command(world: World, *arguments: str) -> tuple[int, str]:
    """Run `myna …` against the world's broker; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "myna", *arguments,
        env={**os.environ, **world.stack.environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def publish(world: World, body: bytes, *, exchange: str = "", key: str = "chat_queue") -> None:
    """Put something there by hand, as an operator would."""
    connection = await aio_pika.connect(world.rabbit.url(world.vhost), timeout=10)
    async with connection:
        channel = await connection.channel()
        where = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await where.publish(aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), key, timeout=10)


async def parked(world: World) -> list[str]:
    code, output = await command(world, "dead-letters", "list")
    assert code == 0, output
    return [line for line in output.splitlines() if not line.endswith("parked.")]


async def test_what_is_no_message_is_parked_at_once_with_its_body_and_holds_up_nobody(world: World) -> None:
    bodies = [b"not json {", b'{"text": ""}', b'{"words": "hello"}', b"\xff\xfe", b'{"text": "a\\u0000b"}']
    async with world.recovering("five malformed bodies", 10):
        for body in bodies:
            await publish(world, body)
    await world.queue("chat_dead_letters", depth=5)
    lines = await parked(world)
    assert all("rejected" in line for line in lines)
    first = next(line.split()[0] for line in lines if "not json" in line)
    code, output = await command(world, "dead-letters", "show", first)
    assert code == 0
    assert "not json {" in output
    code, output = await command(world, "dead-letters", "requeue", first)  # it comes back: it is still no message
    assert (code, output) == (0, "1 requeued.\n")
    await world.queue("chat_dead_letters", depth=5)
    code, output = await command(world, "dead-letters", "drop", *(line.split()[0] for line in await parked(world)))
    assert (code, output) == (0, "5 dropped.\n")
    await world.queue("chat_dead_letters", depth=0)


async def test_a_message_put_there_by_hand_is_answered(world: World) -> None:
    client = world.talker()
    await client.reconnect()
    conversation = client.conversations[0]
    message = {"text": "hello by hand", "owner": client.owner, "conversation_id": conversation}
    await publish(world, json.dumps(message).encode())
    created = await client.until(lambda frame: frame["type"] == "message.created", budget(20))
    end = await client.end_of(created["id"], budget(20))
    assert (created["text"], end["type"]) == ("hello by hand", "reply.completed")
    await client.close()
    world.talkers.clear()


async def test_poison_is_parked_and_its_owner_told_once_while_others_are_answered(world: World) -> None:
    await world.dismiss_responders()
    client, other = world.talker(), world.talker()
    await client.reconnect()
    await other.reconnect()
    poison = await client.ask("forty")
    await all_dead(await doom(world, *["reply.part:3"] * 6, in_turn=True))  # the first try and five more
    await world.dismiss_responders()
    innocent = await other.ask("forty")
    await world.staff(2, 2)
    end = await client.end_of(poison, budget(30))
    assert (end["type"], end["code"], end["retryable"]) == ("reply.failed", "delivery_limit", True)
    await answered_undisturbed(other, innocent)
    await world.queue("chat_dead_letters", depth=1)
    (line,) = await parked(world)
    assert "delivery_limit" in line
    assert (await command(world, "dead-letters", "requeue", line.split()[0]))[0] == 0
    again = await client.until(
        lambda frame: frame["type"] == "reply.completed" and frame["message_id"] == poison, budget(30)
    )  # one more reply to the same message
    assert again["text"] == scripts.FORTY_TEXT
    ends = [frame for frame in client.frames if frame["type"] == "reply.failed"]
    assert len(ends) == 1
    await world.queue("chat_dead_letters", depth=0)
    await client.close()
    world.talkers.remove(client)
    verdict = await world.finish()
    assert verdict.clean


async def test_duplicated_and_reordered_answers_in_the_log_change_no_text(world: World) -> None:
    client = world.talker()
    await client.reconnect()
    message_id = await client.ask("long-forty")
    await client.part(message_id, 15, budget(20))
    started = next(frame for frame in client.frames if frame["type"] == "reply.started")
    about = {name: started[name] for name in ("conversation_id", "reply_id", "message_id", "attempt")}

    def line(index: int, text: str) -> bytes:
        event = {"owner": client.owner, "type": "reply.delta", "at": started["at"], **about, "index": index, "text": text}
        return json.dumps(event).encode()

    for index in (3, 3, 39, 25, 0, 12):  # what is past, what is not due, twice
        await publish(world, line(index, scripts.FORTY[index]), exchange="chat", key="event")
    done = {"owner": client.owner, "type": "reply.completed", "at": started["at"], **about, "parts": 40, "text": "too early"}
    timings = {"queued_ms": 0, "first_part_ms": 0, "total_ms": 0}
    await publish(world, json.dumps({**done, "finish_reason": "stop", "timings": timings}).encode(), exchange="chat", key="event")
    stranger = {**done, "owner": str(uuid4()), "finish_reason": "stop", "timings": timings}
    await publish(world, json.dumps(stranger).encode(), exchange="chat", key="event")
    await answered_undisturbed(client, message_id)
    assert (await world.finish()).clean
