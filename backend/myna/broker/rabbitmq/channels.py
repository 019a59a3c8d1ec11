"""Channels for a few questions to RabbitMQ, within a time limit, and how a channel is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aio_pika.abc import AbstractChannel
from aiormq import Channel

from myna.broker.rabbitmq.connection import CLOSE_S, AmqpConnection, errors_as_unavailable
from myna.protocol.errors import BrokerUnavailable

INSPECTION_S = 10.0  # seconds for one question: reading 10,000 dead letters takes 4


@asynccontextmanager
async def time_limit(doing: str) -> AsyncIterator[None]:
    """At most `INSPECTION_S` for what is inside. Raises `BrokerUnavailable`, "… while `doing`"."""
    with errors_as_unavailable(doing):
        async with asyncio.timeout(INSPECTION_S):
            yield


@asynccontextmanager
async def short_channel(connection: AmqpConnection, doing: str) -> AsyncIterator[Channel]:
    """A channel for a few questions, for at most `INSPECTION_S`. Raises `BrokerUnavailable`, "… while `doing`"."""
    async with time_limit(doing):
        owner, channel = await connection.channel()
        try:
            yield channel
        finally:
            await close_channel(owner)


async def close_channel(channel: AbstractChannel) -> None:
    """Close a channel as far as the broker still answers. Raises nothing."""
    with suppress(BrokerUnavailable), errors_as_unavailable("closing a channel"):
        async with asyncio.timeout(CLOSE_S):
            await channel.close()
