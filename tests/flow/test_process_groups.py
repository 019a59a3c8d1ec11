"""Several nodes on one port, and several responders: one command each, and what happens when one of them is killed."""

import asyncio
import os
import signal
from pathlib import Path

from tests.services.chat_client import ChatClient
from tests.services.processes import until
from tests.services.stack import Node, Process, Stack

SOCKETS = 24  # all on one of two nodes: once in eight million runs


def members(group: Process) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{group.pid}/task/{group.pid}/children").read_text().split()]


async def test_two_nodes_share_a_port_and_one_that_is_killed_takes_its_own_sockets_only(stack: Stack) -> None:
    group = Node(stack.environment, "--nodes", "2", name="nodes")
    responders = Process(["respond", "--processes", "2"], stack.environment, "responders")
    stack.nodes.append(group)
    stack.responders.append(responders)
    await asyncio.gather(group.start(), responders.start())

    async def both_listen() -> bool:
        return len(group.logged("node.listening")) == 2 and len(group.logged("relay.live")) == 2

    await until(both_listen, 30, "both nodes listening")
    clients = [ChatClient() for _ in range(SOCKETS)]
    for client in clients:
        await client.open(group.url)
    sent = [await client.send("hello") for client in clients]
    for client, message in zip(clients, sent, strict=True):
        assert (await client.end_of(message["id"]))["type"] == "reply.completed"
    assert len(group.log.read_text().split("Myna is on")) == 2, "one of them says where the page is"

    os.kill(members(group)[0], signal.SIGKILL)
    await asyncio.sleep(0.3)
    alive = [client for client in clients if client.connected]
    assert 0 < len(alive) < SOCKETS
    for client in alive:
        assert (await client.end_of((await client.send("still here"))["id"]))["type"] == "reply.completed"

    async def two_again() -> bool:
        return len(members(group)) == 2

    await until(two_again, 10, "the killed node was started again")
    group.terminate()
    responders.terminate()
    assert [await group.ended(30), await responders.ended(30)] == [0, 0]
