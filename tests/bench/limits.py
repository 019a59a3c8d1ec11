"""The limits: what the same server stack, the same queues and the same table do with nothing of ours around them.

`python -m tests.bench.limits echo PORT` answers each message at once, with one frame; `… parts PORT N` with N parts, frame by frame.
"""

import asyncio
import json
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import aio_pika
import asyncpg
import uvloop
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, websocket

from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.topology import EXCHANGE, LOG, QUEUES, WORK_QUEUE

Take = Callable[[AbstractIncomingMessage], Awaitable[None]]

OWNER = str(uuid4())
PART = e.ReplyDelta(
    owner=OWNER, at=timestamps.now(), conversation_id=OWNER, reply_id=OWNER, message_id=OWNER, attempt=1, index=100, text=" a part"
)  # fmt: skip


def echo_app() -> Quart:
    """Each message comes back as accepted and completed, in one frame."""
    app = Quart(__name__)

    @app.websocket("/ws")
    async def ws() -> None:
        while True:
            frame = json.loads(await websocket.receive())
            await websocket.send(f'["message.accepted","{frame["id"]}","reply.completed","{frame["id"]}"]')

    return app


def parts_app(count: int) -> Quart:
    """Each message is answered by `count` parts, the very frames that ours sends, and an end."""
    app = Quart(__name__)
    part = log_codec.frame(PART, "1000000.10.00000000")

    @app.websocket("/ws")
    async def ws() -> None:
        while True:
            await websocket.receive()
            for _ in range(count):
                await websocket.send(part)
            await websocket.send('{"type":"reply.completed"}')

    return app


async def serve_bare(app: Quart, port: int) -> None:
    config = Config()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("127.0.0.1", port))
    config.bind = [f"fd://{client.fileno()}"]
    config.backlog = 4_096
    config.loglevel = "WARNING"

    async def never() -> None:
        print("listening", flush=True)
        await asyncio.Event().wait()

    await serve(app, config, shutdown_trigger=never)


async def publish_and_consume(amqp_url: str, seconds: float, together: int) -> float:
    """Messages a second that one publisher gets confirmed through exchange, quorum queue and stream, both of them consumed.

    `together` publishes wait for their confirms at once; each of them is one AMQP message.
    """
    connection = await aio_pika.connect(amqp_url)
    seen: dict[str, int] = {WORK_QUEUE: 0, LOG: 0}
    async with connection:
        exchange = await _declare(connection)

        def counting(name: str) -> Take:
            async def take(message: AbstractIncomingMessage) -> None:
                seen[name] += 1
                if seen[name] % 64 == 0:
                    await message.channel.basic_ack(message.delivery_tag or 0, multiple=True)

            return take

        for name in (WORK_QUEUE, LOG):
            await _consume(connection, name, counting(name))
        message = _message()
        end = time.perf_counter() + seconds

        async def publisher() -> None:
            while time.perf_counter() < end:
                await exchange.publish(message, "message")

        began = time.perf_counter()
        await asyncio.gather(*(publisher() for _ in range(together)))
        return min(seen.values()) / (time.perf_counter() - began)


async def once_around(amqp_url: str, seconds: float) -> float:
    """Median ms of a message alone: published, delivered by the quorum queue, its answer published and read from the stream.

    All in one process and without a socket, so less than any chat on these two queues could take.
    """
    connection = await aio_pika.connect(amqp_url)
    arrived: asyncio.Queue[None] = asyncio.Queue()
    async with connection:
        exchange = await _declare(connection)
        message = _message()

        async def respond(order: AbstractIncomingMessage) -> None:
            await exchange.publish(message, "event")
            await order.ack()

        async def read(record: AbstractIncomingMessage) -> None:
            if record.routing_key == "event":
                arrived.put_nowait(None)
            await record.ack()

        await _consume(connection, WORK_QUEUE, respond)
        await _consume(connection, LOG, read)
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            await asyncio.gather(exchange.publish(message, "message"), arrived.get())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def _declare(connection: AbstractConnection) -> AbstractExchange:
    channel = await connection.channel()
    exchange = await channel.declare_exchange(EXCHANGE, durable=True)
    for queue in QUEUES:
        declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
        for key in queue.keys:
            await declared.bind(exchange, key.value)
    return exchange


def _message() -> aio_pika.Message:
    return aio_pika.Message(log_codec.encode(PART), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


async def _consume(connection: AbstractConnection, name: str, take: Take) -> None:
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=256)
    await (await channel.get_queue(name)).consume(take)


async def insert(database_url: str, seconds: float, rows: int) -> float:
    """Rows a second that one connection inserts, `rows` of them a transaction, into a table with a key and nothing else."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("create table if not exists bare (owner uuid, id uuid, text text, primary key (owner, id))")
    done, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        owners, ids, texts = [uuid4()] * rows, [uuid4() for _ in range(rows)], ["How does a message get from here to there?"] * rows
        await connection.execute("insert into bare select * from unnest($1::uuid[], $2::uuid[], $3::text[])", owners, ids, texts)
        done += rows
    rate = done / (time.perf_counter() - began)
    await connection.close()
    return rate


if __name__ == "__main__":
    kind, port, *rest = sys.argv[1:]
    uvloop.run(serve_bare(echo_app() if kind == "echo" else parts_app(int(rest[0])), int(port)))
