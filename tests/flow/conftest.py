"""A whole pipeline of real processes, real RabbitMQ and real Postgres, fresh for each test."""

from collections.abc import AsyncIterator

import pytest

from myna.store.postgres.migrations import migrate
from tests.services.stack import Stack


@pytest.fixture
async def stack(amqp_url: str, empty_database_url: str) -> AsyncIterator[Stack]:
    """Nothing runs in it yet."""
    await migrate(empty_database_url)
    stack = Stack(amqp_url, empty_database_url)
    stack.forks = True
    yield stack
    await stack.stop()
