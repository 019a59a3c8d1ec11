"""The operator's view of RabbitMQ: the state of the queues, and the dead letters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from pamqp import commands

from myna.broker.port import DeadLetter, QueueState
from myna.broker.rabbitmq.channels import short_channel
from myna.broker.rabbitmq.connection import AmqpConnection
from myna.protocol.topology import DEAD_LETTERS, LOG, QUEUES

MAX_LETTERS = 10_000  # dead letters that one call reads


async def queue_states(connection: AmqpConnection) -> list[QueueState]:
    """See `port.Broker.queue_states`."""
    states = []
    async with short_channel(connection, "looking at the queues") as channel:
        for queue in QUEUES:
            found = await channel.queue_declare(queue.name, passive=True)
            states.append(QueueState(queue.name, depth=found.message_count, consumers=found.consumer_count))
    return states


async def dead_letters(connection: AmqpConnection) -> list[DeadLetter]:
    """See `port.Broker.dead_letters`."""
    async with short_channel(connection, "reading the dead letters") as channel:
        letters = await _get_all(channel)
        await _requeue(channel, letters.values())
    return [_dead_letter(letter_id, letter) for letter_id, letter in letters.items()]


async def remove_dead_letters(connection: AmqpConnection, ids: Sequence[str]) -> int:
    """See `port.Broker.remove_dead_letters`."""
    async with short_channel(connection, "removing dead letters") as channel:
        letters = await _get_all(channel)
        found = [letters.pop(letter_id) for letter_id in dict.fromkeys(ids) if letter_id in letters]
        for letter in found:
            await channel.basic_ack(letter.delivery_tag or 0)
        await _requeue(channel, letters.values())
    return len(found)


async def delete_log(connection: AmqpConnection) -> None:
    """Delete the log with all that is in it; its readers end."""
    async with short_channel(connection, "deleting the log") as channel:
        await channel.queue_delete(LOG)


async def _get_all(channel: Channel) -> dict[str, DeliveredMessage]:
    """The dead letters by id, oldest first, unacked on this channel. Another client that looks just now sees none of them."""
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
        headers={str(name): str(value) for name, value in (letter.header.properties.headers or {}).items()},
    )
