"""The operator's view of RabbitMQ's queues, and the deletion of the log."""

from myna.broker.port import QueueState
from myna.broker.rabbitmq.channels import short_channel
from myna.broker.rabbitmq.connection import AmqpConnection
from myna.protocol.topology import LOG, QUEUES


async def queue_states(connection: AmqpConnection) -> list[QueueState]:
    """See `port.Broker.queue_states`."""
    states = []
    async with short_channel(connection, "looking at the queues") as channel:
        for queue in QUEUES:
            found = await channel.queue_declare(queue.name, passive=True)
            states.append(QueueState(queue.name, depth=found.message_count, consumers=found.consumer_count))
    return states


async def delete_log(connection: AmqpConnection) -> None:
    """Delete the log with all that is in it; its readers end."""
    async with short_channel(connection, "deleting the log") as channel:
        await channel.queue_delete(LOG)
