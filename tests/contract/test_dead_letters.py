"""A dead letter's way is found in the log of every broker, and it can be answered again with another text."""

import json

from myna.broker.port import Broker, DeadLetter
from myna.core.projection import Projection
from myna.pipeline import dead_letters
from myna.pipeline.log_pages import LogPages
from myna.protocol import log_codec, timestamps
from myna.protocol.topology import RoutingKey
from tests.contract.broker_fixtures import TIMEOUT_S, in_time, publish, read, take
from tests.services.processes import until
from tests.unit.log_events import accepted_message, body, started


async def parked(broker: Broker, letter_body: bytes) -> DeadLetter:
    """Have a consumer reject the only message of the work queue."""
    consumer = broker.consume(prefetch=1)
    (delivery,) = await take(consumer, 1)
    assert delivery.body == letter_body
    await delivery.reject()
    await consumer.aclose()
    await until_parked(broker)
    return (await broker.dead_letters())[0]


async def until_parked(broker: Broker) -> None:
    """Return when there is a dead letter."""

    async def there() -> bool:
        return bool(await broker.dead_letters())

    await until(there, TIMEOUT_S, "the dead letter")


async def pages(broker: Broker, count: int) -> LogPages:
    """Of a node that has read so many records."""
    projection = Projection("e")
    for record in await read(broker, "first", count):
        projection.fold(record, 0.0)
    return LogPages(broker, projection)


async def test_the_way_of_a_message_is_its_replys(broker: Broker) -> None:
    job = accepted_message(1, when=timestamps.now())
    await publish(broker, RoutingKey.MESSAGE, body(job))
    await publish(broker, RoutingKey.EVENT, body(accepted_message(2)), body(started(job)))
    letter = await parked(broker, body(job))

    way = await dead_letters.way_of(await pages(broker, 4), letter)

    assert [(line.record.key, line.event and line.event["type"]) for line in way.lines] == [
        ("message", "message.created"), ("event", "reply.started"), ("parked", "message.created"),
    ]  # fmt: skip
    (done,) = await dead_letters.publish_again(broker, letter, "another text")
    (again,) = await take(broker.consume(prefetch=1), 1)
    assert (done.type, log_codec.read_job(again.body).text) == ("reply.requested", "another text")


async def test_the_way_of_what_is_no_message_is_where_it_was_parked(broker: Broker) -> None:
    poison = b'{"no": "text"}'
    await publish(broker, RoutingKey.EVENT, body(accepted_message(1)))
    await publish(broker, RoutingKey.WORK, poison)
    letter = await parked(broker, poison)

    way = await dead_letters.way_of(await pages(broker, 2), letter)

    assert [(line.record.offset, line.record.key) for line in way.lines] == [(1, "parked")]
    assert [one.key for one in await dead_letters.publish_again(broker, letter, "hi")] == [RoutingKey.WORK]
    (again,) = await in_time(take(broker.consume(prefetch=1), 1))
    assert json.loads(again.body) == {"text": "hi"}


def test_several_jobs_at_once_are_requeued_as_they_are_alone() -> None:
    one, both = body(accepted_message(1)), body(accepted_message(1), accepted_message(2))

    assert [dead_letters.is_editable(letter) for letter in (one, both, b"no job")] == [True, False, True]
