"""The services that tests ask for: a real RabbitMQ and a real Postgres, each started when first asked for."""

import logging
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import structlog

from myna.node.logging_setup import PROCESSORS
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode

# As a process logs by default: without a line for each step of each message.
structlog.configure(
    processors=[*PROCESSORS, structlog.dev.ConsoleRenderer(colors=False)],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
)


@pytest.fixture(scope="session")
async def rabbit_node() -> AsyncIterator[RabbitNode]:
    node = RabbitNode()
    try:
        await node.start()
        yield node
    finally:
        await node.stop()


@pytest.fixture
async def rabbit(rabbit_node: RabbitNode) -> AsyncIterator[RabbitNode]:
    """The node, for tests that harm it: afterwards it runs again, thawed and without an alarm."""
    yield rabbit_node
    await rabbit_node.heal()


@pytest.fixture
async def vhost(rabbit_node: RabbitNode) -> AsyncIterator[str]:
    """The name of a fresh virtual host."""
    name = f"test-{uuid4().hex}"
    await rabbit_node.make_vhost(name)
    yield name
    await rabbit_node.drop_vhost(name)


@pytest.fixture
def amqp_url(rabbit_node: RabbitNode, vhost: str) -> str:
    """The AMQP URL of the test's virtual host."""
    return rabbit_node.url(vhost)


@pytest.fixture(scope="session")
async def postgres_server() -> AsyncIterator[PostgresServer]:
    server = PostgresServer()
    try:
        await server.start()
        yield server
    finally:
        await server.remove()


@pytest.fixture
async def postgres(postgres_server: PostgresServer) -> AsyncIterator[PostgresServer]:
    """The server, for tests that stop it: afterwards it runs again."""
    yield postgres_server
    await postgres_server.heal()


@pytest.fixture
async def empty_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The URL of a fresh database with nothing in it."""
    name = await postgres_server.make_database()
    yield postgres_server.url(name)
    await postgres_server.drop_database(name)
