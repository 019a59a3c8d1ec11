"""Backend nodes that die, freeze or are restarted: another one serves on, one recorder stores, clients resume."""

import asyncio
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults import scenarios
from tests.faults.cluster import Cluster, record_recovery
from tests.services.budgets import budget
from tests.services.processes import until
from tests.services.stack import Node, Process

pytestmark = pytest.mark.timeout(budget(150))
DRAIN_S = 15.0  # the contract's limit, on any machine


async def test_a_node_killed_at_random_parts_loses_nobody(cluster: Cluster) -> None:
    rng = random.Random(2)
    cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    for number in range(4):
        await asyncio.sleep(rng.uniform(0.5, 1.5))
        victim = cluster.nodes[number % 2]
        async with cluster.recovering("node killed under load", 10):
            await victim.kill()
        await victim.start()
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


@pytest.mark.parametrize("failpoint", ["accepted.confirmed:3", "relay.folded:40", "record.before:5", "record.after:5"])
async def test_a_node_killed_at_any_failpoint_keeps_its_promises(cluster: Cluster, failpoint: str) -> None:
    steady, victim = cluster.nodes
    await victim.kill()
    if failpoint.startswith("record"):  # then the victim has to be the recorder
        await steady.kill()
    await Process.start(victim, CHAT_FAILPOINT=failpoint)  # it may well die before it is ready
    if not steady.running:
        await victim.ready()
        await until(lambda: recording(cluster, victim), budget(20), "the victim records")
        await steady.start()
    begun = time.monotonic()
    cluster.start_clients(4, message=scenarios.mixed, urls=lambda: [victim.url if victim.running else steady.url])
    assert await victim.ended(budget(30)) == 137
    await cluster.probe(10, begun)
    await asyncio.sleep(1)
    verdict = await cluster.finish(node=steady)
    assert verdict.clean
    assert not verdict.failed


async def recording(cluster: Cluster, node: Node) -> bool:
    return bool((await cluster.pipeline(node))["recorder"]["active"])


async def recorder_of(cluster: Cluster) -> tuple[Node, Node]:
    """The node that records, and the other."""
    found: list[Node] = []

    async def known() -> bool:
        found[:] = [node for node in cluster.nodes if await recording(cluster, node)]
        return len(found) == 1

    await until(known, budget(20), "one recorder")
    return found[0], next(node for node in cluster.nodes if node is not found[0])


async def test_another_node_records_within_5_s_of_the_recorders_death(cluster: Cluster) -> None:
    cluster.start_clients(2)
    recorder, other = await recorder_of(cluster)
    begun = time.monotonic()
    await recorder.kill()
    await until(lambda: recording(cluster, other), budget(5), "the other node records")
    record_recovery("recorder taken over after a kill", time.monotonic() - begun, budget(5))
    verdict = await cluster.finish(node=other)
    assert verdict.clean


async def test_another_node_records_within_8_s_when_the_recorder_freezes_and_the_frozen_one_is_fenced(cluster: Cluster) -> None:
    cluster.start_clients(2)
    recorder, other = await recorder_of(cluster)
    begun = time.monotonic()
    recorder.freeze()
    await until(lambda: recording(cluster, other), budget(8), "the other node records")
    record_recovery("recorder taken over after a freeze", time.monotonic() - begun, budget(8))
    await asyncio.sleep(2)
    recorder.thaw()
    await asyncio.sleep(2)

    async def one() -> bool:
        return [await recording(cluster, node) for node in cluster.nodes].count(True) == 1

    await until(one, budget(20), "one recorder")
    verdict = await cluster.finish(node=other)
    assert verdict.clean
    assert not verdict.failed


async def test_the_only_node_restarts_and_clients_resume_in_the_middle_of_a_reply(cluster: Cluster) -> None:
    node, other = cluster.nodes
    await other.kill()
    client = cluster.client(urls=lambda: [node.url])
    await client.reconnect()
    for _ in range(3):
        first = await client.send_scenario("long-forty")
        await client.wait_for_part(first, 10, budget(20))
        begun = time.monotonic()
        await node.kill()
        await node.start()
        await client.reconnect()
        record_recovery("the only node restarted, client resumed", time.monotonic() - begun, budget(15))
        assert client.welcome["resumed"]
        end = await client.end_of(first, budget(20))
        assert client.text_of(first) == end["text"] == scenarios.FORTY_TEXT
    assert (await cluster.finish(node=node)).clean


def interpreters() -> list[str]:
    """This Python, and newer ones on the PATH that have what the backend needs: Hypercorn waits there for ever unless we drain first."""
    found = [sys.executable]
    for name in ("python3.12", "python3.13", "python3.14"):
        path = shutil.which(name)
        needs = "import quart, hypercorn, aio_pika, asyncpg, sqlmodel, alembic, uvloop"
        if path and subprocess.run([path, "-c", needs], capture_output=True, check=False).returncode == 0:
            found.append(path)
    return found


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: Path(path).name)
async def test_a_rolling_restart_under_load_closes_with_1012_and_ends_in_time(cluster: Cluster, python: str) -> None:
    for process in (*cluster.nodes, *cluster.responders):
        if process.python != python:
            process.python = python
            await process.kill()
    await cluster.scale(2, 2)
    clients = cluster.start_clients(6, message=scenarios.mixed, conversations=2)
    await asyncio.sleep(1)
    for process in (*cluster.nodes, *cluster.responders):
        begun = time.monotonic()
        process.terminate()
        assert await process.ended(DRAIN_S) == 0, process.log.read_text()[-2000:]
        record_recovery(f"{process.name} drained", time.monotonic() - begun, DRAIN_S)
        await cluster.start(process)
        await asyncio.sleep(0.5)
    draining = [frame for client in clients for frame in client.frames if frame["type"] == "server.draining"]
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed
    assert len(draining) == verdict.closed[1012] > 0
    assert set(verdict.closed) <= {1000, 1012}  # 1000 is our own leaving; no 1006 and no 1011
    if python != sys.executable:
        for process in (*cluster.nodes, *cluster.responders):
            process.python = sys.executable
            await process.kill()


async def test_a_node_that_starts_while_the_log_is_long_is_ready_soon(cluster: Cluster) -> None:
    cluster.start_clients(6, pause_s=0.03, conversations=8)
    await asyncio.sleep(3)
    begun = time.monotonic()
    newcomer = await cluster.stack.add_node()
    record_recovery("a node started under load", time.monotonic() - begun, budget(20))
    late = cluster.client(urls=lambda: [newcomer.url])
    await late.reconnect()
    message_id = await late.send_scenario("forty")
    assert (await late.end_of(message_id, budget(20)))["text"] == scenarios.FORTY_TEXT
    verdict = await cluster.finish(node=newcomer)
    assert verdict.clean
    await newcomer.kill()
    cluster.nodes.remove(newcomer)


async def shows(cluster: Cluster, node: Node, **figures: int) -> None:
    """Wait until the node's pipeline view has these figures."""

    async def so() -> bool:
        view = await cluster.pipeline(node)
        return all(view[name] == figure for name, figure in figures.items())

    await until(so, budget(10), f"{node.name} with {figures}")


async def test_messages_that_wait_on_a_stopping_node_whose_sender_left_are_answered(cluster: Cluster) -> None:
    stopping, other = cluster.nodes
    client = cluster.client()
    await client.reconnect(stopping.url)
    ids = [await client.send_scenario("forty", "first")]
    await client.wait_for_part(ids[0], 2, budget(20))
    ids += [await client.send_scenario("ten", f"waiting {number}") for number in range(3)]
    await shows(cluster, stopping, waiting_turns=3)
    await client.cut()  # nothing of these three was confirmed; the sender is gone for good
    await shows(cluster, stopping, sockets=0)
    stopping.terminate()
    assert await stopping.ended(DRAIN_S) == 0
    await client.reconnect(other.url)
    ends = [await client.end_of(message_id, budget(30)) for message_id in ids]
    assert {end["type"] for end in ends} == {"reply.completed"}
    received = [frame["message_id"] for frame in client.frames if frame["type"] == "reply.completed"]
    assert received == ids
    assert (await cluster.finish(node=other)).clean
