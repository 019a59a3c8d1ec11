"""A Postgres primary dies under load and its standby takes its place: whatever the standby lacks is stored again, and nothing twice."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from myna.store.postgres.migrations import migrate
from tests.faults import scenarios
from tests.faults.cluster import Cluster, record_recovery
from tests.faults.conftest import of_its_own
from tests.services.budgets import budget
from tests.services.postgres_pair import PostgresPair
from tests.services.processes import until
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Stack

STORED = "SELECT high_offset FROM checkpoints ORDER BY id DESC LIMIT 1"


@pytest.fixture(params=[True, False], ids=["synchronous", "lagging"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[PostgresPair]:
    async with PostgresPair(synchronous=request.param) as pair:
        yield pair


@pytest.fixture
async def cluster(pair: PostgresPair, rabbit_node: RabbitNode, vhost: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    await migrate(pair.url())
    stack = Stack(rabbit_node.url(vhost), pair.url(), CHAT_MOCK_SCENARIOS=str(scenarios.write(tmp_path)))
    async with of_its_own(Cluster(stack, rabbit_node, vhost)) as cluster:
        yield cluster


@pytest.mark.timeout(budget(120))
async def test_the_recorder_takes_up_on_the_promoted_standby(cluster: Cluster, pair: PostgresPair, request: pytest.FixtureRequest) -> None:
    lagging = "lagging" in request.node.name
    cluster.start_clients(4, message=scenarios.mixed, conversations=2)
    await asyncio.sleep(1)
    if lagging:
        pair.hold_back()
        await asyncio.sleep(2)
    stored = await pair.query("primary", STORED)
    await pair.kill_primary()
    pair.point_at_standby()
    assert isinstance(stored, int)
    assert (await _standby_stored(pair) < stored) == lagging

    async def recognised() -> bool:
        checks = [(await node.readyz())[1] for node in cluster.nodes]
        return all("takes no writes" in one.get("database", "") for one in checks)

    await until(recognised, budget(10), "a standby that both nodes take for one")
    await pair.promote()
    begun = time.monotonic()

    async def recorded() -> bool:
        return any([(await cluster.pipeline(node))["recorder"]["active"] for node in cluster.nodes])

    await until(recorded, budget(10), "a recorder")
    record_recovery("a standby promoted, from then to a recorder", time.monotonic() - begun, budget(10))
    verdict = await cluster.finish()
    assert verdict.clean
    assert not verdict.failed


async def _standby_stored(pair: PostgresPair) -> int:
    """How far the standby is stored, when it has replayed all that it was sent."""

    async def replayed() -> bool:
        try:
            return bool(await pair.query("standby", "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"))
        except asyncpg.PostgresError:
            return False

    await until(replayed, budget(10), "all that the standby received")
    stored = await pair.query("standby", STORED)
    assert isinstance(stored, int)
    return stored
