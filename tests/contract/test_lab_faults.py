"""The laboratory's faults of broker and database, on each of them: they break what they say, and it comes back."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.port import Broker
from myna.lab.faults import Faults
from myna.node.laboratory import broker_faults, database_faults
from myna.protocol.errors import BrokerUnavailable, StoreUnavailable
from myna.protocol.topology import RoutingKey
from tests.contract.broker_fixtures import in_time, publish, read, running, until
from tests.contract.store_fixtures import PostgresStoreHarness, new_id, numbered


async def test_a_replaced_log_ends_its_readers_and_begins_anew(broker: Broker) -> None:
    faults = Faults(broker_faults(broker))
    await publish(broker, RoutingKey.EVENT, b"old", b"older")
    async with aclosing(broker.log(2)) as reader:
        reading = asyncio.create_task(anext(reader))
        await asyncio.sleep(0)
        await faults.begin("replace_log")
        with pytest.raises(BrokerUnavailable):
            await in_time(reading)
    await in_time(broker.wait_up())
    await until(lambda: broker.up, "it is up again")
    await publish(broker, RoutingKey.EVENT, b"new")

    assert [(record.offset, record.body) for record in await read(broker, "first", 1)] == [(0, b"new")]


async def test_a_journal_keeps_what_stands_in_the_new_log_alone(tmp_path: Path) -> None:
    for body in (b"one", b"two"):
        broker = EmbeddedBroker(tmp_path / "journal")
        async with running(broker):
            await publish(broker, RoutingKey.EVENT, b"old", body)
            await Faults(broker_faults(broker)).begin("replace_log")
            await publish(broker, RoutingKey.EVENT, body)
    broker = EmbeddedBroker(tmp_path / "journal")
    async with running(broker):
        assert [record.body for record in await read(broker, "first", 1)] == [b"two"]
        assert await broker.log_span() == (0, 0)


async def test_a_cut_broker_takes_nothing_until_it_is_back(broker: Broker) -> None:
    faults = Faults(broker_faults(broker))
    await faults.begin("cut_broker", 20)
    await until(lambda: not broker.up, "it is away")
    with pytest.raises(BrokerUnavailable):
        await in_time(broker.submit(RoutingKey.EVENT, [b"lost"]))
    await asyncio.sleep(0.5)  # longer than a lost connection takes to be made again
    assert not broker.up

    faults.end_all()
    await in_time(broker.wait_up())
    await publish(broker, RoutingKey.EVENT, b"kept")


async def test_a_cut_database_is_away_until_it_is_back(postgres_harness: PostgresStoreHarness) -> None:
    faults, store = Faults(database_faults()), postgres_harness.store
    owner, conversation = new_id(), new_id()
    await postgres_harness.record(*numbered(3, owner, conversation))
    begun = await faults.begin("cut_database", 20)
    with pytest.raises(StoreUnavailable):
        await store.conversations(owner, limit=5, before=None)

    faults.end_all()
    assert int(begun.what.split()[0]) > 0
    assert len((await store.conversations(owner, limit=5, before=None)).items) == 1
