"""Connects a command to the broker that the settings name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from myna.broker.port import Broker
from myna.broker.rabbitmq.broker import RabbitBroker
from myna.cli.addresses import servers_of
from myna.node.brokers import log_limits, process_name
from myna.protocol.errors import StartupError
from myna.settings import Settings

REACH_S = 5.0  # how long a command waits for a broker: one that runs answers within a fraction of a second


@asynccontextmanager
async def connected_broker(settings: Settings) -> AsyncIterator[Broker]:
    """The broker, connected. Raises `StartupError` when it is embedded in another process, or does not answer."""
    if settings.amqp_url is None:
        raise StartupError("CHAT_AMQP_URL is needed: the embedded broker can't be reached from another process.")
    broker: Broker = RabbitBroker(settings.amqp_url, worker=f"{process_name()} cli", limits=log_limits(settings))
    running, connecting = asyncio.create_task(broker.run()), asyncio.create_task(broker.wait_up())
    try:
        # Where waiting can't help, a wrong login say, `running` ends by raising why.
        await asyncio.wait({running, connecting}, timeout=REACH_S, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        if not broker.up:
            reason = (broker.trouble or "no reason known").rstrip(".")
            raise StartupError(f"The broker at {servers_of(settings.amqp_url)} (CHAT_AMQP_URL) does not answer: {reason}.")
        yield broker
    finally:
        await broker.close()
        for task in (running, connecting):
            task.cancel()
        await asyncio.gather(running, connecting, return_exceptions=True)
