"""The dead letters in RabbitMQ, as operators read and remove them."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelLockedResource
from pamqp import commands

from myna.broker.port import DeadLetter
from myna.broker.rabbitmq.channels import close_channel, time_limit
from myna.broker.rabbitmq.connection import AmqpConnection, errors_as_unavailable
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import DEAD_LETTERS

MAX_LETTERS = 10_000  # dead letters that one call reads
READER = f"{DEAD_LETTERS}_reader"  # the queue of whoever reads them; it stays empty
AGAIN_S = 0.1  # the longest wait until it is looked whether another one has finished
COUNTS = ("x-delivery-count", "x-acquired-count")  # headers that count how often somebody looked here, not the tries before
EXPIRES_MS = 30_000  # longer than any reading takes: where its end could not be told to the broker


class DeadLetters:
    """The dead letters of one broker. One call reads them at a time, in all processes: who reads them holds them all."""

    def __init__(self, connection: AmqpConnection) -> None:
        self._connection = connection
        self._reading = asyncio.Lock()

    async def all(self) -> list[DeadLetter]:
        """See `port.Broker.dead_letters`."""
        async with self._reading, _reading_alone(self._connection, "reading the dead letters") as channel:
            letters = await _get_all(channel)
            await _requeue(channel, letters.values())
        return [_dead_letter(letter_id, letter) for letter_id, letter in letters.items()]

    async def remove(self, ids: Sequence[str]) -> int:
        """See `port.Broker.remove_dead_letters`."""
        async with self._reading, _reading_alone(self._connection, "removing dead letters") as channel:
            letters = await _get_all(channel)
            found = [letters.pop(letter_id) for letter_id in dict.fromkeys(ids) if letter_id in letters]
            for letter in found:
                await channel.basic_ack(letter.delivery_tag or 0)
            await _requeue(channel, letters.values())
        return len(found)


@asynccontextmanager
async def _reading_alone(connection: AmqpConnection, doing: str) -> AsyncIterator[Channel]:
    """A channel while no other process reads the dead letters: who reads them holds them all, and another would see none.

    The broker lets one connection at a time have an exclusive queue, and takes it away with the connection.
    """
    async with time_limit(doing):
        owner, channel = await connection.channel()
        while not await _is_ours(channel):
            await close_channel(owner)
            await asyncio.sleep(random.uniform(0, AGAIN_S))
            owner, channel = await connection.channel()
        try:
            yield channel
        finally:
            with suppress(BrokerUnavailable), errors_as_unavailable(doing):
                await channel.queue_delete(READER)
            await close_channel(owner)


async def _is_ours(channel: Channel) -> bool:
    try:
        await channel.queue_declare(READER, exclusive=True, arguments={"x-expires": EXPIRES_MS})
    except ChannelLockedResource:
        return False
    return True


async def _get_all(channel: Channel) -> dict[str, DeliveredMessage]:
    """The dead letters by id, oldest first, unacked on this channel."""
    letters: dict[str, DeliveredMessage] = {}
    seen: Counter[str] = Counter()  # two letters may be alike; their ids are counted
    while len(letters) < MAX_LETTERS:
        letter = await channel.basic_get(DEAD_LETTERS)
        if isinstance(letter.delivery, commands.Basic.GetEmpty):
            break
        digest = _digest(letter)
        seen[digest] += 1
        letters[f"{digest}-{seen[digest]}"] = letter
    return letters


async def _requeue(channel: Channel, letters: Iterable[DeliveredMessage]) -> None:
    last = max((letter.delivery_tag or 0 for letter in letters), default=0)
    if last:
        await channel.basic_nack(last, multiple=True, requeue=True)
    # The queue answers this after it has them back, so whoever looks next finds them.
    await channel.queue_declare(DEAD_LETTERS, passive=True)


def _digest(letter: DeliveredMessage) -> str:
    """Of what stays the same while it is there: not its delivery count, which every look raises."""
    death = _death(letter)
    traits = (letter.header.properties.message_id, death.get("time"), death.get("reason"), letter.body)
    return blake2s(repr(traits).encode(), digest_size=8).hexdigest()


def _death(letter: DeliveredMessage) -> Mapping[str, Any]:
    headers: Mapping[str, Any] = letter.header.properties.headers or {}
    return next(iter(headers.get("x-death") or ()), {})


def _dead_letter(letter_id: str, letter: DeliveredMessage) -> DeadLetter:
    death = _death(letter)
    time = death.get("time")
    at = time.astimezone(UTC) if isinstance(time, datetime) else None
    return DeadLetter(
        id=letter_id,
        body=letter.body,
        reason=str(death.get("reason", "rejected")),
        dead_lettered_at=at,
        headers={str(name): _as_text(value) for name, value in (letter.header.properties.headers or {}).items() if name not in COUNTS},
    )


def _as_text(value: Any) -> str:
    """A header's value: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def _plain(value: object) -> str:
    return timestamps.rfc3339(value) if isinstance(value, datetime) else str(value)
