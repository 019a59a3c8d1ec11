"""RabbitMQ killed, frozen, alarmed, cut off, its queues deleted: nothing confirmed is lost, and everybody comes back by themselves."""

import asyncio
import time

import pytest

from tests.faults import scenarios
from tests.faults.cluster import Cluster, record_recovery
from tests.faults.proxy import Proxy
from tests.services.budgets import budget
from tests.services.processes import until

pytestmark = pytest.mark.timeout(budget(200))


async def test_a_broker_killed_again_and_again_under_load_loses_nothing(cluster: Cluster) -> None:
    cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    for _ in range(3):
        await asyncio.sleep(2)
        await cluster.rabbit.kill()
        await cluster.rabbit.start()
        async with cluster.recovering("broker killed and started, from its return", 10):
            pass
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_a_broker_frozen_for_40_s_loses_nothing(cluster: Cluster) -> None:
    client = cluster.client(conversations=2)
    await client.reconnect()
    running = await client.send_scenario("long-forty")
    await client.wait_for_part(running, 5, budget(20))
    cluster.start_clients(3, message=scenarios.mixed)
    await asyncio.sleep(1)
    cluster.rabbit.freeze()
    frozen = time.monotonic()
    refused = (await client.send("not now", client.conversations[1]))["id"]
    error = await client.until(lambda frame: frame["type"] == "error" and frame.get("ref") == refused, budget(15))
    assert error["code"] == "busy"
    assert error["retry_after_s"] > 0
    await asyncio.sleep(max(0, 40 - (time.monotonic() - frozen)))
    async with cluster.recovering("broker frozen for 40 s, from its waking", 20):
        cluster.rabbit.thaw()
    await client.put(next(frame for frame in client.sent if frame.get("id") == refused))
    end = await client.end_of(running, budget(40))
    assert client.text_of(running) == end["text"] == scenarios.FORTY_TEXT
    await client.end_of(refused, budget(20))
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_a_memory_alarm_refuses_with_busy_and_passes(cluster: Cluster) -> None:
    client = cluster.client(conversations=2)
    await client.reconnect()
    running = await client.send_scenario("long-forty")
    await client.wait_for_part(running, 5, budget(20))
    await cluster.rabbit.raise_memory_alarm()
    refused = (await client.send("not now", client.conversations[1]))["id"]
    error = await client.until(lambda frame: frame["type"] == "error" and frame.get("ref") == refused, budget(15))
    assert error["code"] == "busy"

    async def all_say_so() -> bool:
        return all([(await node.readyz())[1].get("broker") != "ok" for node in cluster.nodes])

    await until(all_say_so, budget(20), "readyz says so")
    async with cluster.recovering("memory alarm, from its end", 15):
        await cluster.rabbit.clear_memory_alarm()
    await client.put(next(frame for frame in client.sent if frame.get("id") == refused))
    for message_id in (running, refused):
        assert (await client.end_of(message_id, budget(30)))["type"] == "reply.completed"
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_the_log_deleted_under_load_becomes_a_new_epoch_and_loses_nothing(cluster: Cluster) -> None:
    clients = cluster.start_clients(6, message=scenarios.mixed, conversations=2)
    for _ in range(3):
        await asyncio.sleep(2)
        before = {client.place.epoch for client in clients}
        async with cluster.recovering("log deleted under load", 15):
            await cluster.rabbit.delete_queue(cluster.vhost, "chat_responses")

        async def everybody_elsewhere(before: set[str] = before) -> bool:
            return not before & {client.place.epoch for client in clients}

        await until(everybody_elsewhere, budget(20), "a new epoch for everybody")
    verdict = await cluster.finish(within_s=90)
    assert verdict.clean
    assert not verdict.failed
    assert verdict.closed[1012] >= 6


async def test_the_work_queue_deleted_is_there_again_with_what_it_held(cluster: Cluster) -> None:
    for node in cluster.nodes:
        await node.kill()
        await node.start(CHAT_ABANDONED_S="20")
    await cluster.stop_responders()
    client = cluster.client()
    await client.reconnect()
    gone = await client.send_scenario("forty")
    await client.wait_for_acceptance(gone)
    begun = time.monotonic()
    await cluster.rabbit.delete_queue(cluster.vhost, "chat_queue")
    await cluster.queue("chat_queue", depth=0)
    await cluster.scale(2, 2)
    end = await client.end_of(gone, budget(20))
    record_recovery("work queue deleted, its message answered", time.monotonic() - begun, budget(20))
    assert end["text"] == scenarios.FORTY_TEXT
    again = await client.send_scenario("forty")
    assert (await client.end_of(again, budget(20)))["text"] == scenarios.FORTY_TEXT

    cluster.start_clients(3, message=scenarios.mixed)
    await asyncio.sleep(1)
    async with cluster.recovering("work queue deleted under load", 10):
        await cluster.rabbit.delete_queue(cluster.vhost, "chat_queue")
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed
    for node in cluster.nodes:
        await node.kill()


async def test_a_purged_work_queue_ends_in_failed_in_bounded_time(cluster: Cluster) -> None:
    for node in cluster.nodes:
        await node.kill()
        await node.start(CHAT_ABANDONED_S="3")
    await cluster.stop_responders()
    await cluster.queue("chat_queue", consumers=0)
    await cluster.rabbit.purge_queue(cluster.vhost, "chat_queue")  # of the repetitions that an earlier test's faults may have left
    client = cluster.client()
    await client.reconnect()
    message_id = await client.send_scenario("forty")
    await cluster.queue("chat_queue", depth=1)
    await asyncio.sleep(5)  # nobody works on it, but it waits in the queue: that is no reason to give up
    assert not any(frame["type"] == "reply.failed" for frame in client.frames)
    begun = time.monotonic()
    await cluster.rabbit.purge_queue(cluster.vhost, "chat_queue")
    end = await client.end_of(message_id, budget(15))
    record_recovery("work queue purged, its message ended in reply.failed (limit 3 s)", time.monotonic() - begun, budget(15))
    assert (end["type"], end["code"]) == ("reply.failed", "abandoned")
    assert (await cluster.finish()).clean
    for node in cluster.nodes:
        await node.kill()


async def test_a_one_way_partition_between_a_node_and_the_broker_heals_by_itself(cluster: Cluster) -> None:
    async with Proxy(cluster.rabbit.amqp_port) as proxy:
        steady, node = cluster.nodes
        await node.kill()
        await node.start(CHAT_AMQP_URL=cluster.rabbit.url(cluster.vhost).replace(str(cluster.rabbit.amqp_port), str(proxy.port)))
        client = cluster.client(urls=lambda: [node.url])
        await client.reconnect()
        cluster.start_clients(3, message=scenarios.mixed)
        running = await client.send_scenario("long-forty")
        await client.wait_for_part(running, 5, budget(20))
        begun = time.monotonic()
        proxy.stall("down")

        async def noticed() -> bool:
            return (await node.readyz())[0] == 503

        await until(noticed, budget(40), "the node notices")
        record_recovery("one-way partition noticed", time.monotonic() - begun, budget(40))
        begun = time.monotonic()
        proxy.heal()
        await node.ready(budget(20))
        record_recovery("one-way partition, from its end to ready", time.monotonic() - begun, budget(20))
        end = await client.end_of(running, budget(20))
        assert client.text_of(running) == end["text"] == scenarios.FORTY_TEXT
        verdict = await cluster.finish(node=steady)
        assert verdict.clean
        assert not verdict.failed
        await node.kill()


async def test_amqp_connections_reset_in_the_middle_of_a_frame_lose_nothing(cluster: Cluster) -> None:
    async with Proxy(cluster.rabbit.amqp_port) as proxy:
        through = {"CHAT_AMQP_URL": cluster.rabbit.url(cluster.vhost).replace(str(cluster.rabbit.amqp_port), str(proxy.port))}
        for process in (cluster.nodes[1], *cluster.responders):
            await process.kill()
            await process.start(**through)
        cluster.start_clients(4, message=scenarios.mixed)
        await asyncio.sleep(1)
        for number in range(5):
            proxy.reset_after = 701 + 97 * number

            async def done() -> bool:
                return proxy.reset_after is None

            await until(done, budget(30), "a connection reset")
        async with cluster.recovering("AMQP connections reset in the middle of a frame", 15):
            pass
        verdict = await cluster.finish(node=cluster.nodes[0])
        assert proxy.resets == 5
        assert verdict.clean
        assert not verdict.failed
        for process in (cluster.nodes[1], *cluster.responders):
            await process.kill()
