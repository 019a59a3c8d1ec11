"""The faults a soak draws from: each does its harm, undoes it, and leaves the pipeline to recover."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.proxy import Proxy
from tests.faults.world import World
from tests.services.budgets import budget
from tests.services.stack import Process

Fault = Callable[[World, random.Random], Awaitable[None]]
DRAIN_S = 15.0


async def kill_a_node(world: World, dice: random.Random) -> None:
    node = dice.choice(world.nodes)
    await node.kill()
    await asyncio.sleep(dice.uniform(0, 3))
    await world.start(node)


async def restart_a_node(world: World, dice: random.Random) -> None:
    await _restart(world, dice.choice(world.nodes))


async def freeze_a_node(world: World, dice: random.Random) -> None:
    await _freeze(dice.choice(world.nodes), dice.uniform(1, 12))


async def kill_a_responder(world: World, dice: random.Random) -> None:
    responder = dice.choice(world.responders)
    await responder.kill()
    await asyncio.sleep(dice.uniform(0, 2))
    await world.start(responder)


async def restart_a_responder(world: World, dice: random.Random) -> None:
    await _restart(world, dice.choice(world.responders))


async def freeze_a_responder(world: World, dice: random.Random) -> None:
    await _freeze(dice.choice(world.responders), dice.choice([2, 5, 35]))


async def kill_the_broker(world: World, dice: random.Random) -> None:
    await world.rabbit.kill()
    await asyncio.sleep(dice.uniform(0, 2))
    await world.rabbit.start()
    await asyncio.sleep(2)


async def freeze_the_broker(world: World, dice: random.Random) -> None:
    world.rabbit.freeze()
    await asyncio.sleep(dice.choice([1, 4, 8, 25]))
    world.rabbit.thaw()


async def alarm_the_broker(world: World, dice: random.Random) -> None:
    await world.rabbit.raise_memory_alarm()
    await asyncio.sleep(dice.uniform(0, 8))
    await world.rabbit.clear_memory_alarm()


async def delete_the_log(world: World, dice: random.Random) -> None:
    await world.rabbit.delete_queue(world.vhost, "chat_responses")
    await asyncio.sleep(3)  # RabbitMQ 3.10.8 forgets a queue that was declared just before a kill


async def crash_postgres(world: World, dice: random.Random) -> None:
    await world.postgres.restart(immediate=True)


async def stop_postgres(world: World, dice: random.Random) -> None:
    await world.postgres.stop()
    await asyncio.sleep(dice.uniform(1, 12))
    await world.postgres.start()


async def cut_every_socket(world: World, dice: random.Random) -> None:
    await asyncio.gather(*(talker.cut() for talker in world.talkers))


async def reset_the_proxied_line(world: World, dice: random.Random) -> None:
    proxy = proxy_of(world)
    for _ in range(3):
        proxy.reset_after = dice.randrange(1, 2_000)
        await asyncio.sleep(1)


async def stall_the_proxied_line(world: World, dice: random.Random) -> None:
    proxy = proxy_of(world)
    proxy.stall(dice.choice(["up", "down"]))
    await asyncio.sleep(dice.choice([1, 6, 15]))
    proxy.heal()


PROXIES: dict[World, Proxy] = {}


def proxy_of(world: World) -> Proxy:
    """The proxy between this world's last node and the broker."""
    return PROXIES[world]


FAULTS: tuple[Fault, ...] = (
    kill_a_node, kill_a_node, restart_a_node, freeze_a_node, kill_a_responder, kill_a_responder, restart_a_responder, freeze_a_responder,
    kill_the_broker, freeze_the_broker, alarm_the_broker, delete_the_log, crash_postgres, stop_postgres, cut_every_socket,
    reset_the_proxied_line, stall_the_proxied_line,
)  # fmt: skip


async def _restart(world: World, process: Process) -> None:
    process.terminate()
    code = await process.ended(budget(DRAIN_S))
    if code != 0:
        raise AssertionError(f"{process.name} ended with {code} after SIGTERM: {process.log.read_text()[-2000:]}")
    await world.start(process)


async def _freeze(process: Process, seconds: float) -> None:
    process.freeze()
    await asyncio.sleep(seconds)
    process.thaw()
