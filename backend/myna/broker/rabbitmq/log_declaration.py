"""Declares RabbitMQ's log with the limits that the settings name, and takes a log that is there as it is.

A queue's arguments can't be changed. A log with other limits than these is said once, and used: the nodes of an upgrade, or
of a change of these settings, run on it side by side.
"""

import structlog
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiormq.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from myna.broker.rabbitmq.connection import AmqpConnection
from myna.protocol.topology import LOG, QUEUES, LogLimits

log = structlog.get_logger(__name__)

# Of its arguments those that may differ; of another type it is no log of ours.
LIMITS = ("x-max-age", "x-max-length-bytes", "x-stream-max-segment-size-bytes")


class LogDeclaration:
    """The log of one connection's broker."""

    def __init__(self, connection: AmqpConnection, limits: LogLimits) -> None:
        self._connection = connection
        self._limits = limits
        self._differs = False  # the log is there, with other limits

    async def declare(self, channel: AbstractChannel, exchange: AbstractExchange) -> None:
        """Make the log if there is none, and bind it. Raises what the library raises."""
        if not (self._differs and await self._is_there()):
            await self._make()
        queue = await channel.get_queue(LOG, ensure=False)
        for key in next(one for one in QUEUES if one.name == LOG).keys:
            await queue.bind(exchange, key.value)

    async def _is_there(self) -> bool:
        owner, channel = await self._connection.channel()  # the broker closes a channel with its refusal
        try:
            await channel.queue_declare(LOG, passive=True)
        except ChannelNotFoundEntity:
            return False
        await owner.close()
        return True

    async def _make(self) -> None:
        owner, channel = await self._connection.channel()
        try:
            await channel.queue_declare(LOG, durable=True, arguments=dict(self._limits.arguments))
        except ChannelPreconditionFailed as error:
            if not any(f"inequivalent arg '{name}'" in str(error) for name in LIMITS):
                raise
            self._differs = True
            log.warning("broker.log_limits_differ", reason=str(error), setting="CHAT_LOG_DAYS, CHAT_LOG_BYTES")
        else:
            self._differs = False
            await owner.close()
