"""The faults a soak draws from: each does its harm, undoes it, and leaves the pipeline to recover."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.cluster import Cluster
from tests.faults.proxy import Proxy
from tests.services.budgets import budget
from tests.services.stack import Process

Fault = Callable[[Cluster, random.Random], Awaitable[None]]
DRAIN_S = 15.0


async def kill_a_node(cluster: Cluster, rng: random.Random) -> None:
    node = rng.choice(cluster.nodes)
    await node.kill()
    await asyncio.sleep(rng.uniform(0, 3))
    await cluster.start(node)


async def restart_a_node(cluster: Cluster, rng: random.Random) -> None:
    await _restart(cluster, rng.choice(cluster.nodes))


async def freeze_a_node(cluster: Cluster, rng: random.Random) -> None:
    await _freeze(rng.choice(cluster.nodes), rng.uniform(1, 12))


async def kill_a_responder(cluster: Cluster, rng: random.Random) -> None:
    responder = rng.choice(cluster.responders)
    await responder.kill()
    await asyncio.sleep(rng.uniform(0, 2))
    await cluster.start(responder)


async def restart_a_responder(cluster: Cluster, rng: random.Random) -> None:
    await _restart(cluster, rng.choice(cluster.responders))


async def freeze_a_responder(cluster: Cluster, rng: random.Random) -> None:
    await _freeze(rng.choice(cluster.responders), rng.choice([2, 5, 35]))


async def kill_the_broker(cluster: Cluster, rng: random.Random) -> None:
    await cluster.rabbit.kill()
    await asyncio.sleep(rng.uniform(0, 2))
    await cluster.rabbit.start()
    await asyncio.sleep(2)


async def freeze_the_broker(cluster: Cluster, rng: random.Random) -> None:
    cluster.rabbit.freeze()
    await asyncio.sleep(rng.choice([1, 4, 8, 25]))
    cluster.rabbit.thaw()


async def alarm_the_broker(cluster: Cluster, rng: random.Random) -> None:
    await cluster.rabbit.raise_memory_alarm()
    await asyncio.sleep(rng.uniform(0, 8))
    await cluster.rabbit.clear_memory_alarm()


async def delete_the_log(cluster: Cluster, rng: random.Random) -> None:
    await cluster.rabbit.delete_queue(cluster.vhost, "chat_responses")
    await asyncio.sleep(3)  # for the nodes to declare it again
    await cluster.rabbit.sync_declarations()


async def crash_postgres(cluster: Cluster, rng: random.Random) -> None:
    await cluster.postgres.restart(immediate=True)


async def stop_postgres(cluster: Cluster, rng: random.Random) -> None:
    await cluster.postgres.stop()
    await asyncio.sleep(rng.uniform(1, 12))
    await cluster.postgres.start()


async def cut_every_socket(cluster: Cluster, rng: random.Random) -> None:
    await asyncio.gather(*(client.cut() for client in cluster.clients))


async def reset_the_proxied_line(cluster: Cluster, rng: random.Random) -> None:
    proxy = proxy_of(cluster)
    for _ in range(3):
        proxy.reset_after = rng.randrange(1, 2_000)
        await asyncio.sleep(1)


async def stall_the_proxied_line(cluster: Cluster, rng: random.Random) -> None:
    proxy = proxy_of(cluster)
    proxy.stall(rng.choice(["up", "down"]))
    await asyncio.sleep(rng.choice([1, 6, 15]))
    proxy.heal()


PROXIES: dict[Cluster, Proxy] = {}


def proxy_of(cluster: Cluster) -> Proxy:
    """The proxy between this cluster's last node and the broker."""
    return PROXIES[cluster]


FAULTS: tuple[Fault, ...] = (
    kill_a_node, kill_a_node, restart_a_node, freeze_a_node, kill_a_responder, kill_a_responder, restart_a_responder, freeze_a_responder,
    kill_the_broker, freeze_the_broker, alarm_the_broker, delete_the_log, crash_postgres, stop_postgres, cut_every_socket,
    reset_the_proxied_line, stall_the_proxied_line,
)  # fmt: skip


async def _restart(cluster: Cluster, process: Process) -> None:
    process.terminate()
    code = await process.ended(budget(DRAIN_S))
    if code != 0:
        raise AssertionError(f"{process.name} ended with {code} after SIGTERM: {process.log.read_text()[-2000:]}")
    await cluster.start(process)


async def _freeze(process: Process, seconds: float) -> None:
    process.freeze()
    await asyncio.sleep(seconds)
    process.thaw()
