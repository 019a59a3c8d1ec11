"""A short soak as a test; `make soak` runs long ones."""

import pytest

from tests.services.budgets import budget
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode
from tests.soak.runner import soak


@pytest.mark.timeout(budget(300))
async def test_a_minute_of_faults_at_random_breaks_no_promise(rabbit: RabbitNode, postgres: PostgresServer) -> None:
    result = await soak(rabbit, postgres, minutes=1, seed=20261121)
    print("\n" + result.table())
    assert result.clean
