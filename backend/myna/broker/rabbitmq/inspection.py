"""Door: reading RabbitMQ's log and looking into its queues. Everything here leaves the queues as they are, but `remove_dead_letters`."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Literal

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from pamqp import commands
from pamqp.common import FieldTable

from myna.broker.port import DeadLetter, QueueState, Record, Start
from myna.broker.rabbitmq.connection import CLOSE_S, Line, unavailable_on_trouble
from myna.broker.rabbitmq.consumer import Intake, consuming
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import DEAD_LETTERS, EXCHANGE, LOG, QUEUES, RoutingKey

# Records on their way at most. Of 256 lines each that is 4 MiB and a second of reading, behind which every answer of the broker on
# this connection waits: with four times as many, a node with a backlog took the broker for dead and hung up.
LOG_CREDIT = 64
ACK_EVERY = 16  # an ack of a stream is credit; one by one they cost as much as reading
WHOLE_CHUNK = 65_535  # prefetch that lets any chunk of the log come whole
STOPS_KEPT = 1000  # nudges a listener may be behind; the oldest go first, as the log has them all
LOOK_S = 10.0  # for one look into the queues: 10,000 dead letters take 4 s
LETTERS = 10_000  # dead letters looked at in one go


async def read_log(line: Line, start: Start) -> AsyncGenerator[Sequence[Record], None]:
    async with consuming(line, LOG, prefetch=LOG_CREDIT, arguments={"x-stream-offset": start}) as intake:
        unacked = 0
        while True:
            await intake.some()
            last = intake.arrived[-1].tag
            unacked += len(intake.arrived)
            records = _take(intake)
            if unacked >= ACK_EVERY:
                unacked = 0
                await intake.channel.basic_ack(last, multiple=True, wait=False)
            yield records


async def log_span(line: Line) -> tuple[int, int] | None:
    async with _bounded("reading the log's ends"):
        first = await _glance(line, "first", prefetch=1)
        last = await _glance(line, "last", prefetch=WHOLE_CHUNK)
    return (first[0].offset, last[-1].offset) if first and last else None


async def record_at(line: Line, offset: int) -> Record | None:
    if not 0 <= offset < 2**63:  # no place in any log, and nothing AMQP could ask for
        return None
    async with _bounded("reading one record"):
        found = await _glance(line, offset, prefetch=1)
    return found[0] if found and found[0].offset == offset else None


async def _glance(line: Line, start: int | Literal["first", "last"], *, prefetch: int) -> list[Record]:
    """What the log has ready from a place on, up to the prefetch.

    The broker's channel reads the stream itself, so an answer to a later question on the same channel comes after all
    the records that were there: no waiting for silence, and an empty log is known at once.
    """
    async with consuming(line, LOG, prefetch=prefetch, arguments={"x-stream-offset": start}) as intake:
        await intake.channel.basic_qos(prefetch_count=prefetch)
        return _take(intake)


def _take(intake: Intake) -> list[Record]:
    """All records in hand. The broker itself leaves out those before a wanted offset in the same chunk."""
    records = [Record(one.headers["x-stream-offset"], one.routing_key, one.body) for one in intake.arrived]
    intake.arrived.clear()
    return records


async def stops(line: Line) -> AsyncGenerator[bytes, None]:
    # Not durable, this connection's alone, and gone with its consumer: a nudge to who is there.
    arguments: FieldTable = {"x-max-length": STOPS_KEPT, "x-overflow": "drop-head"}
    async with _looking(line, "listening for stops") as channel:
        name = (await channel.queue_declare(exclusive=True, auto_delete=True, arguments=arguments)).queue or ""
        await channel.queue_bind(name, EXCHANGE, RoutingKey.STOP.value)
    async with consuming(line, name, prefetch=0, no_ack=True) as intake:
        while True:
            await intake.some()
            yield intake.arrived.popleft().body


async def queue_states(line: Line) -> list[QueueState]:
    states = []
    async with _looking(line, "looking at the queues") as channel:
        for queue in QUEUES:
            found = await channel.queue_declare(queue.name, passive=True)
            states.append(QueueState(queue.name, depth=found.message_count, consumers=found.consumer_count))
    return states


async def dead_letters(line: Line) -> list[DeadLetter]:
    async with _looking(line, "reading the dead letters") as channel:
        letters = await _letters(channel)
        await _put_back(channel, letters.values())
    return [_dead_letter(name, letter) for name, letter in letters.items()]


async def remove_dead_letters(line: Line, ids: Sequence[str]) -> int:
    async with _looking(line, "removing dead letters") as channel:
        letters = await _letters(channel)
        found = [letters.pop(name) for name in dict.fromkeys(ids) if name in letters]
        for letter in found:
            await channel.basic_ack(letter.delivery_tag or 0)
        await _put_back(channel, letters.values())
    return len(found)


@asynccontextmanager
async def _bounded(doing: str) -> AsyncIterator[None]:
    with unavailable_on_trouble(doing):
        async with asyncio.timeout(LOOK_S):
            yield


@asynccontextmanager
async def _looking(line: Line, doing: str) -> AsyncIterator[Channel]:
    async with _bounded(doing):
        keep, channel = await line.channel()
        try:
            yield channel
        finally:
            with suppress(BrokerUnavailable), unavailable_on_trouble("closing a channel"):
                async with asyncio.timeout(CLOSE_S):
                    await keep.close()


async def _letters(channel: Channel) -> dict[str, DeliveredMessage]:
    """The dead letters by id, oldest first, in this channel's hands. Another who looks just now sees none of them."""
    letters: dict[str, DeliveredMessage] = {}
    twins: Counter[str] = Counter()
    while len(letters) < LETTERS:
        letter = await channel.basic_get(DEAD_LETTERS)
        if isinstance(letter.delivery, commands.Basic.GetEmpty):
            break
        digest = _digest(letter)
        twins[digest] += 1
        letters[f"{digest}-{twins[digest]}"] = letter
    return letters


async def _put_back(channel: Channel, letters: Iterable[DeliveredMessage]) -> None:
    last = max((letter.delivery_tag or 0 for letter in letters), default=0)
    if last:
        await channel.basic_nack(last, multiple=True, requeue=True)
    # An answer from the queue comes after it has them back, so the next look finds them.
    await channel.queue_declare(DEAD_LETTERS, passive=True)


def _digest(letter: DeliveredMessage) -> str:
    """Of what stays the same while it lies there: not its delivery count, which every look raises."""
    death = _death(letter)
    traits = (letter.header.properties.message_id, death.get("time"), death.get("reason"), letter.body)
    return blake2s(repr(traits).encode(), digest_size=8).hexdigest()


def _death(letter: DeliveredMessage) -> Mapping[str, Any]:
    headers: Mapping[str, Any] = letter.header.properties.headers or {}
    return next(iter(headers.get("x-death") or ()), {})


def _dead_letter(name: str, letter: DeliveredMessage) -> DeadLetter:
    death = _death(letter)
    at = death.get("time")
    moment = at.astimezone(UTC) if isinstance(at, datetime) else None
    return DeadLetter(id=name, body=letter.body, reason=str(death.get("reason", "rejected")), dead_lettered_at=moment)
