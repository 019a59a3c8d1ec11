"""What is told to whoever listens just then, and kept nowhere."""

from collections.abc import AsyncGenerator

from aiormq.exceptions import PublishError
from pamqp.common import FieldTable

from myna.broker.port import STOPS_KEPT
from myna.broker.rabbitmq.channel_reader import consuming
from myna.broker.rabbitmq.channels import short_channel, time_limit
from myna.broker.rabbitmq.connection import AmqpConnection
from myna.protocol.topology import EXCHANGE


async def notices(connection: AmqpConnection, *keys: str) -> AsyncGenerator[bytes, None]:
    """Bodies published with any of these keys from now on, at most once each, without end. Raises `BrokerUnavailable`."""
    # A queue of this connection's own, not durable, and deleted with its consumer.
    arguments: FieldTable = {"x-max-length": STOPS_KEPT, "x-overflow": "drop-head"}
    async with short_channel(connection, "listening for notices") as channel:
        name = (await channel.queue_declare(exclusive=True, auto_delete=True, arguments=arguments)).queue or ""
        for key in keys:
            await channel.queue_bind(name, EXCHANGE, key)
    async with consuming(connection, name, prefetch=0, no_ack=True) as reader:
        while True:
            await reader.wait()
            yield reader.arrived.popleft().body


async def notify(connection: AmqpConnection, key: str, body: bytes) -> bool:
    """Publish a notice; returns whether anybody listens for this key. Raises `BrokerUnavailable`."""
    async with time_limit("sending a notice"):
        owner, channel = await connection.channel(confirms=True)
        try:
            await channel.basic_publish(body, exchange=EXCHANGE, routing_key=key, mandatory=True)
        except PublishError:
            return False
        finally:
            await owner.close()
    return True
