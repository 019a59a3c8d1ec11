"""Clients that lose their sockets: resumed mid-word on another node, told once, answered once."""

import asyncio
import random
import re
import time

import pytest

from myna.client import connection as client_connection
from tests.faults import scenarios
from tests.faults.cluster import Cluster, record_recovery
from tests.faults.proxy import Proxy
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget
from tests.services.processes import until


async def test_a_socket_cut_100_times_resumes_on_the_other_node_each_time(cluster: Cluster) -> None:
    rng = random.Random(1)

    async def ten_cuts(client: RetryingClient) -> None:
        nodes = [node.url for node in cluster.nodes]
        await client.reconnect(nodes[0])
        for number in range(10):
            message_id = await client.send_scenario("forty")
            await client.wait_for_part(message_id, rng.randrange(40))
            await client.cut()
            await client.reconnect(nodes[1 - number % 2])
            assert client.welcome["resumed"]
            end = await client.end_of(message_id, budget(20))
            assert end["text"] == scenarios.FORTY_TEXT == client.text_of(message_id)

    await asyncio.gather(*(ten_cuts(cluster.client()) for _ in range(10)))

    verdict = await cluster.finish()
    assert verdict.clean
    assert (verdict.resumed, verdict.answered, verdict.stored) == (100, 100, 100)


async def test_a_cut_between_accepted_and_the_first_part_resumes_too(cluster: Cluster) -> None:
    client = cluster.client()
    await client.reconnect(cluster.nodes[0].url)
    for number in range(10):
        message_id = await client.send_scenario("late")
        await client.until(lambda frame, sent=message_id: frame["type"] == "message.accepted" and frame["id"] == sent)  # type: ignore[misc]
        await client.cut()
        await client.reconnect(cluster.nodes[1 - number % 2].url)
        assert client.welcome["resumed"]
        await client.end_of(message_id)
    assert (await cluster.finish()).clean


async def test_three_tabs_on_two_nodes_hear_the_same_in_the_same_order(cluster: Cluster) -> None:
    (speaker,) = cluster.start_clients(1, message=scenarios.mixed, conversations=2)
    await speaker.until(lambda frame: frame["type"] == "message.accepted")
    tabs = [cluster.client(token=speaker.token) for _ in range(3)]
    for number, tab in enumerate(tabs):
        tab.conversations[:] = speaker.conversations
        await tab.reconnect(cluster.nodes[number % 2].url)
    for tab in tabs:
        await tab.until(lambda frame: frame["type"] == "reply.delta" and frame["index"] == 39, budget(30))
    speaker.sending = False
    await until(speaker.has_settled, budget(30), "everything answered")
    for tab in tabs:
        await tab.until(lambda frame: frame.get("cursor") == speaker.events()[-1]["cursor"], budget(20))
    shared = min(len(tab.events()) for tab in tabs)
    first, second, third = (tab.events()[-shared:] for tab in tabs)
    assert first == second == third
    assert (await cluster.finish()).clean


async def test_a_message_sent_ten_times_on_both_nodes_is_one_message_with_one_reply(cluster: Cluster) -> None:
    first, second = cluster.client(), cluster.client()

    def acceptances() -> list[bool]:
        frames = [*first.frames, *second.frames]
        return [frame["duplicate"] for frame in frames if frame["type"] == "message.accepted"]

    await first.reconnect(cluster.nodes[0].url)
    second.token = first.token
    second.conversations[:] = first.conversations
    await second.reconnect(cluster.nodes[1].url)
    message_id = await first.send_scenario("forty")
    frame = first.sent[-1]
    for number in range(9):
        await (first, second)[number % 2].put(frame)
        await asyncio.sleep(0.1)  # before the answer, while it comes, and after
    await first.end_of(message_id, budget(20))
    await second.put(frame)

    async def all_answered() -> bool:
        return len(acceptances()) == 11

    await until(all_answered, budget(20), "an answer to each repetition")
    assert acceptances().count(False) == 1
    verdict = await cluster.finish()
    assert verdict.clean
    assert (verdict.sent, verdict.answered) == (1, 1)


async def test_500_sockets_cut_at_once_are_all_back_and_resumed(cluster: Cluster) -> None:
    idle = [cluster.client() for _ in range(490)]
    for begin in range(0, len(idle), 20):
        await asyncio.gather(*(client.reconnect(cluster.nodes[begin // 20 % 2].url) for client in idle[begin : begin + 20]))
    talking = cluster.start_clients(10, message=scenarios.mixed)
    for client in talking:
        await client.until(lambda frame: frame["type"] in ("reply.completed",), budget(20))
    begun = time.monotonic()
    await asyncio.gather(*(client.cut() for client in (*idle, *talking)))

    async def back(client: RetryingClient) -> None:
        await asyncio.sleep(random.uniform(0, 2))  # as the contract asks of clients: with jitter
        while True:
            try:
                await client.reconnect()
                return
            except (OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0, 1))

    await asyncio.gather(*(back(client) for client in idle))
    record_recovery("reconnect storm of 500", time.monotonic() - begun, budget(20))
    assert all(client.welcome["resumed"] for client in idle)
    assert (await cluster.finish()).clean


async def test_a_reader_of_1_kb_a_second_is_cut_off_with_4408_and_resumes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    node, other_node = cluster.nodes
    # On a slow machine the mailbox takes long to overflow: until then neither side takes the other for dead.
    monkeypatch.setattr(client_connection, "PING_EVERY_S", None)
    await node.kill()
    await node.start(CHAT_UNREAD_S="300", CHAT_HEARTBEAT_S="300")

    async def overflows() -> int:
        metrics = (await client.http(node.url, "GET", "/metrics")).text
        return int(float(re.findall(r"^myna_mailbox_overflows_total (\S+)$", metrics, re.MULTILINE)[0]))

    async with Proxy(node.port) as proxy:
        client = cluster.client(conversations=6)
        await client.reconnect(proxy.url)
        before = await overflows()
        proxy.rate = 1_000
        other = cluster.client(token=client.token)
        other.conversations[:] = client.conversations
        await other.reconnect(other_node.url)

        async def send_twenty(conversation: str) -> list[str]:
            """From all conversations at once, so that the mailbox overflows before the node takes the client for dead."""
            ids = []
            for _ in range(20):
                ids.append((await other.send("/words 4000", conversation))["id"])
                await other.end_of(ids[-1], budget(20))
            return ids

        async def overflowed() -> bool:
            return await overflows() > before

        sending = asyncio.gather(*(send_twenty(conversation) for conversation in client.conversations))
        await until(overflowed, budget(30), "the mailbox overflows")
        proxy.rate = None  # at once: the node gives the client some time to read the close frame
        assert await client.closed(budget(40)) == 4408
        sent = await sending
        await client.reconnect(proxy.url)
        assert client.welcome["resumed"]
        for ids in sent:
            await client.end_of(ids[-1], budget(20))
    verdict = await cluster.finish()
    assert verdict.clean
    assert verdict.answered == 120
