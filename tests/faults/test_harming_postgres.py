"""Postgres crashed or away: people chat on, what only it knows is refused with a date, afterwards everything is stored in order."""

import asyncio
import time

import pytest

from tests.faults import scripts
from tests.faults.world import World, note
from tests.services.budgets import budget
from tests.services.processes import until

pytestmark = pytest.mark.timeout(budget(150))


async def test_a_crash_of_postgres_under_load_stores_everything_once(world: World) -> None:
    world.talk(4, say=scripts.mixed, conversations=2)
    for _ in range(2):
        await asyncio.sleep(1)
        await world.postgres.restart(immediate=True)
        begun = time.monotonic()

        async def recorded() -> bool:
            return any([(await world.pipeline(node))["recorder"]["active"] for node in world.nodes])

        await until(recorded, budget(10), "a recorder")
        note("Postgres crashed and started, from its return to a recorder", time.monotonic() - begun, budget(10))
    verdict = await world.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_with_postgres_down_for_20_s_chat_goes_on_and_is_stored_afterwards(world: World) -> None:
    old = world.talker()
    await old.reconnect()
    await old.end_of(await old.ask("ten"), budget(20))
    await world.finish()
    for node in world.nodes:  # so that nodes know nothing of the old owner but by the database
        await node.kill()
        await node.start()
    talkers = world.talk(4, say=scripts.mixed, conversations=2)
    await asyncio.sleep(1)
    await world.postgres.stop()
    down = time.monotonic()
    accepted_before = sum(frame["type"] == "reply.completed" for talker in talkers for frame in talker.frames)
    status, checks = 200, {"database": "ok"}

    async def noticed() -> bool:
        nonlocal status, checks
        status, checks = await world.nodes[0].readyz()
        return status == 503

    await until(noticed, budget(10), "readyz says so")
    assert checks["database"] != "ok"
    assert checks["broker"] == "ok"
    answer = await old.http(world.nodes[0].url, "GET", f"/api/conversations/{old.conversations[0]}/messages")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    own = await talkers[0].http(world.nodes[0].url, "GET", "/api/conversations")
    await asyncio.sleep(max(0, 20 - (time.monotonic() - down)))
    answered = sum(frame["type"] == "reply.completed" for talker in talkers for frame in talker.frames)
    assert answered - accepted_before > 20
    assert own.status_code in (200, 503)
    await world.postgres.start()
    begun = time.monotonic()
    verdict = await world.finish()
    note("Postgres down for 20 s, from its return to everything stored", time.monotonic() - begun, budget(20))
    assert verdict.clean
    assert not verdict.failed
