"""One world for each module: its own virtual host and database on the session's RabbitMQ and Postgres, its own processes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from myna.store.postgres.migrations import migrate
from tests.faults import scripts
from tests.faults.world import World
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Stack


@pytest.fixture(scope="module")
async def shared_world(
    rabbit_node: RabbitNode, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    vhost = f"faults-{uuid4().hex}"
    await rabbit_node.make_vhost(vhost)
    database = await postgres_server.make_database(migrated)
    scenarios: Path = scripts.write(tmp_path_factory.mktemp("scenarios"))
    stack = Stack(rabbit_node.url(vhost), postgres_server.url(database), CHAT_MOCK_SCENARIOS=str(scenarios))
    world = World(stack, rabbit_node, vhost, postgres_server)
    await world.staff(1, 0)
    await asyncio.sleep(2)  # RabbitMQ 3.10.8 may lose a quorum queue that is killed within half a second of its declaration
    yield world
    await stack.stop()
    await rabbit_node.heal()
    await postgres_server.heal()
    await rabbit_node.drop_vhost(vhost)
    await postgres_server.drop_database(database)


async def migrated(url: str) -> None:
    """A database at head."""
    await migrate(url)


@pytest.fixture
async def world(shared_world: World) -> AsyncIterator[World]:
    """Two nodes and two responders at work, and servers in health; afterwards the servers are healed."""
    await shared_world.rabbit.heal()
    await shared_world.postgres.heal()
    await shared_world.staff(2, 2)
    yield shared_world
    await shared_world.leave()
    for process in (*shared_world.nodes, *shared_world.responders):
        if process.running:
            process.thaw()
