"""Postgres crashed or away: people chat on, what only it knows is refused with a date, afterwards everything is stored in order."""

import asyncio
import time

import pytest

from tests.faults import scenarios
from tests.faults.cluster import Cluster, record_recovery
from tests.services.budgets import budget
from tests.services.processes import until

pytestmark = pytest.mark.timeout(budget(150))


async def test_a_crash_of_postgres_under_load_stores_everything_once(cluster: Cluster) -> None:
    cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    for _ in range(2):
        await asyncio.sleep(1)
        await cluster.postgres.restart(immediate=True)
        begun = time.monotonic()

        async def recorded() -> bool:
            return any([(await cluster.pipeline(node))["recorder"]["active"] for node in cluster.nodes])

        await until(recorded, budget(10), "a recorder")
        record_recovery("Postgres crashed and started, from its return to a recorder", time.monotonic() - begun, budget(10))
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def test_with_postgres_down_for_20_s_chat_goes_on_and_is_stored_afterwards(cluster: Cluster) -> None:
    old = cluster.client()
    await old.reconnect()
    await old.end_of(await old.send_scenario("ten"), budget(20))
    await cluster.finish()
    for node in cluster.nodes:  # so that nodes know nothing of the old owner but by the database
        await node.kill()
        await node.start()
    clients = cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    await asyncio.sleep(1)
    await cluster.postgres.stop()
    down = time.monotonic()
    accepted_before = sum(frame["type"] == "reply.completed" for client in clients for frame in client.frames)
    status, checks = 200, {"database": "ok"}

    async def noticed() -> bool:
        nonlocal status, checks
        status, checks = await cluster.nodes[0].readyz()
        return status == 503

    await until(noticed, budget(10), "readyz says so")
    assert checks["database"] != "ok"
    assert checks["broker"] == "ok"
    answer = await old.http(cluster.nodes[0].url, "GET", f"/api/conversations/{old.conversations[0]}/messages")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    own = await clients[0].http(cluster.nodes[0].url, "GET", "/api/conversations")
    await asyncio.sleep(max(0, 20 - (time.monotonic() - down)))
    answered = sum(frame["type"] == "reply.completed" for client in clients for frame in client.frames)
    assert answered - accepted_before > 20
    assert own.status_code in (200, 503)
    await cluster.postgres.start()
    begun = time.monotonic()
    verdict = await cluster.finish()
    record_recovery("Postgres down for 20 s, from its return to everything stored", time.monotonic() - begun, budget(20))
    assert verdict.clean
    assert not verdict.failed
