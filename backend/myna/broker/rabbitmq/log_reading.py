"""Reading RabbitMQ's log, a stream, over plain AMQP."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from myna.broker.port import Record, Start
from myna.broker.rabbitmq.channel_reader import ChannelReader, consuming
from myna.broker.rabbitmq.channels import time_limit
from myna.broker.rabbitmq.connection import AmqpConnection
from myna.protocol.topology import LOG

# Records on their way at most. Of 1,024 lines each that is 5 MiB and a second of reading, behind which every answer of the broker on
# this connection waits: with four times as many, a node with a backlog took the broker for dead and disconnected.
LOG_CREDIT = 16
ACK_EVERY = 4  # records: an ack of a stream is credit, and one by one they cost as much as reading
WHOLE_CHUNK = 65_535  # a prefetch that lets any chunk of the log come whole


async def read_log(connection: AmqpConnection, start: Start) -> AsyncGenerator[Sequence[Record], None]:
    """See `port.Broker.log`."""
    async with consuming(connection, LOG, prefetch=LOG_CREDIT, arguments={"x-stream-offset": start}) as reader:
        unacked = 0
        while True:
            await reader.wait()
            last = reader.arrived[-1].tag
            unacked += len(reader.arrived)
            records = _take(reader)
            if unacked >= ACK_EVERY:
                unacked = 0
                await reader.channel.basic_ack(last, multiple=True, wait=False)
            yield records


async def log_span(connection: AmqpConnection) -> tuple[int, int] | None:
    """See `port.Broker.log_span`."""
    async with time_limit("reading the log's ends"):
        first = await _ready_records(connection, "first", prefetch=1)
        last = await _ready_records(connection, "last", prefetch=WHOLE_CHUNK)
    return (first[0].offset, last[-1].offset) if first and last else None


async def record_at(connection: AmqpConnection, offset: int) -> Record | None:
    """See `port.Broker.record_at`."""
    if not 0 <= offset < 2**63:  # no offset of any log, and nothing that AMQP can carry
        return None
    async with time_limit("reading one record"):
        found = await _ready_records(connection, offset, prefetch=1)
    return found[0] if found and found[0].offset == offset else None


async def _ready_records(connection: AmqpConnection, start: int | Literal["first", "last"], *, prefetch: int) -> list[Record]:
    """What the log has from a place on, up to the prefetch, without waiting for more.

    The broker's channel reads the stream itself, so its answer to a second question on the same channel comes after all
    the records that were there. So no silence has to be waited for, and an empty log is known at once.
    """
    async with consuming(connection, LOG, prefetch=prefetch, arguments={"x-stream-offset": start}) as reader:
        await reader.channel.basic_qos(prefetch_count=prefetch)
        return _take(reader)


def _take(reader: ChannelReader) -> list[Record]:
    """All records that have arrived. The broker itself leaves out those before the wanted offset in the same chunk."""
    records = [Record(raw.headers["x-stream-offset"], raw.routing_key, raw.body) for raw in reader.arrived]
    reader.arrived.clear()
    return records
