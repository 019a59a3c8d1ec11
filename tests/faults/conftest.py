"""One cluster for each module: own processes, on an own virtual host and database of the session's RabbitMQ and Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from myna.store.postgres.migrations import migrate
from tests.faults import scenarios
from tests.faults.cluster import Cluster
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Stack


@pytest.fixture(scope="module")
async def shared_cluster(
    rabbit_node: RabbitNode, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cluster]:
    vhost = f"faults-{uuid4().hex}"
    await rabbit_node.make_vhost(vhost)
    database = await postgres_server.make_database(migrated)
    scenario_file: Path = scenarios.write(tmp_path_factory.mktemp("scenarios"))
    stack = Stack(rabbit_node.url(vhost), postgres_server.url(database), CHAT_MOCK_SCENARIOS=str(scenario_file))
    stack.forks = True
    cluster = Cluster(stack, rabbit_node, vhost, postgres_server)
    await cluster.scale(1, 0)
    await asyncio.sleep(2)  # RabbitMQ 3.10.8 may lose a quorum queue that is killed within half a second of its declaration
    yield cluster
    await stack.stop()
    await rabbit_node.heal()
    await postgres_server.heal()
    await rabbit_node.drop_vhost(vhost)
    await postgres_server.drop_database(database)


@asynccontextmanager
async def of_its_own(cluster: Cluster) -> AsyncIterator[Cluster]:
    """Two nodes and two responders for one test, over servers that it alone has."""
    cluster.stack.forks = True
    try:
        await cluster.scale(2, 2)
        yield cluster
    finally:
        await cluster.close_clients()
        await cluster.stack.stop()


async def migrated(url: str) -> None:
    """A database at head."""
    await migrate(url)


@pytest.fixture
async def cluster(shared_cluster: Cluster) -> AsyncIterator[Cluster]:
    """Two nodes, two responders and both servers running; what a test leaves broken is repaired afterwards."""
    await shared_cluster.rabbit.heal()
    await shared_cluster.postgres.heal()
    await shared_cluster.scale(2, 2)
    yield shared_cluster
    await shared_cluster.close_clients()
    for process in (*shared_cluster.nodes, *shared_cluster.responders):
        if process.running:
            process.thaw()
