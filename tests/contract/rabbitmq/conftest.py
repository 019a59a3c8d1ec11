"""The contract suites' broker, a real RabbitMQ."""

from collections.abc import AsyncIterator

import pytest

from myna.broker.rabbitmq.broker import RabbitBroker
from tests.contract.broker_fixtures import running
from tests.services.rabbitmq import RabbitNode


@pytest.fixture
async def broker(clean_loop: None, rabbit: RabbitNode, amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = RabbitBroker(amqp_url, worker="contract")
    async with running(broker):
        yield broker
