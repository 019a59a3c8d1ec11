"""One process's connection to the shared broker and store: slow, at times interrupted, and dead when its process is.

Behind it are the in-process broker and store as they are. It adds what a network adds: every step takes a random time, a confirm may get
lost after its publish happened, and what a killed process was about to send is never sent.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Generic, Literal, TypeVar

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.embedded.consumer import EmbeddedConsumer
from myna.broker.group_commit import GroupCommit
from myna.broker.port import DeadLetter, QueueState, Record, Start
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from myna.store.port import Batch, Checkpoint, IdempotencyKey, IdempotencyRecord
from myna.telemetry.histogram import Histogram
from tests.fakes.memory_store import MemoryStore, MemoryWriterLock

T = TypeVar("T")
STEP_S = 0.02  # the longest that one direction takes without a fault


class Delegated(Generic[T]):
    """An attribute that is read from the broker behind the link."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, link: "BrokerLink", _: object = None) -> T:
        value: T = getattr(link._broker, self._name)
        return value

    def __set__(self, link: "BrokerLink", value: T) -> None:
        raise AttributeError(f"{self._name} is the broker's own")


class BrokerLink:
    """A `Broker` over one process's connection."""

    kind: Literal["rabbitmq", "embedded"] = "embedded"
    up = Delegated[bool]("up")
    trouble = Delegated[str | None]("trouble")
    confirm_seconds = Delegated[Histogram]("confirm_seconds")
    segment_bytes = Delegated[int]("segment_bytes")

    def __init__(self, broker: EmbeddedBroker, rng: random.Random, *, lost_confirms: float = 0.0, split: float = 0.0) -> None:
        self.lag_s = 0.0  # what reading the log takes on top
        self.dead = False
        self._broker = broker
        self._rng = rng
        self._lost_confirms = lost_confirms
        self._split = split  # the share of messages whose publish can break off between the two queues
        self._publishers = {key: GroupCommit(partial(self._flush, key), limit=key.group_lines) for key in RoutingKey}

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def wait_up(self) -> None:
        await self._broker.wait_up()

    async def close(self) -> None:
        pass

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        if self.dead:
            return asyncio.get_running_loop().create_future()  # never resolved: its process is dead
        return self._publishers[key].submit(lines)

    async def _flush(self, key: RoutingKey, lines: list[bytes]) -> None:
        await self._step()
        await self._publish(key, lines)
        if self._rng.random() < self._lost_confirms:
            raise BrokerUnavailable("The confirm was lost.")
        generation = self._broker.generation
        await self._step()
        if generation != self._broker.generation:
            raise BrokerUnavailable("The broker went away before its confirm arrived.")

    async def _publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        """RabbitMQ writes to each queue by itself: a publish that breaks off may be in the log and never come to the work queue."""
        if key is not RoutingKey.MESSAGE or self._rng.random() >= self._split:
            await self._broker._publish(key, lines)
            return
        generation = self._broker.require_up()
        await self._broker._publish(RoutingKey.EVENT, lines)
        await self._step()
        self._broker.require_up(generation)
        await self._broker._publish(RoutingKey.WORK, lines)

    async def _step(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, STEP_S))

    def consume(self, *, prefetch: int) -> EmbeddedConsumer:
        return self._broker.consume(prefetch=prefetch)

    async def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        generation = self._broker.require_up()
        async for records in self._broker.log(start):
            await asyncio.sleep(self._rng.uniform(0, STEP_S + self.lag_s))
            self._broker.require_up(generation)
            yield records

    async def log_span(self) -> tuple[int, int] | None:
        await self._step()
        return await self._broker.log_span()

    async def record_at(self, offset: int) -> Record | None:
        await self._step()
        return await self._broker.record_at(offset)

    def stops(self) -> AsyncGenerator[bytes, None]:
        return self._broker.stops()

    async def queue_states(self) -> list[QueueState]:
        return await self._broker.queue_states()

    async def dead_letters(self) -> list[DeadLetter]:
        return await self._broker.dead_letters()

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        return await self._broker.remove_dead_letters(ids)


class SlowWriterLock(MemoryWriterLock):
    """A writer lock whose transactions take time before and after they are committed."""

    def __init__(self, writer_lock: MemoryWriterLock, store: "SlowStore") -> None:
        self._lock = writer_lock
        self._slow = store

    async def record(self, batch: Batch) -> int:
        await self._slow.step()
        refused = await self._lock.record(batch)
        await self._slow.step()
        return refused

    async def release(self) -> None:
        await self._lock.release()


class SlowStore(MemoryStore):
    """A `MemoryStore` whose answers take time."""

    rng: random.Random

    async def step(self) -> None:
        await asyncio.sleep(self.rng.uniform(0, STEP_S))

    async def acquire_writer_lock(self) -> MemoryWriterLock | None:
        await self.step()
        writer_lock = await super().acquire_writer_lock()
        return None if writer_lock is None else SlowWriterLock(writer_lock, self)

    async def checkpoint(self, *, older_than_s: float = 0) -> Checkpoint | None:
        await self.step()
        return await super().checkpoint(older_than_s=older_than_s)

    async def idempotency_records(self, keys: Sequence[IdempotencyKey]) -> list[IdempotencyRecord]:
        await self.step()
        return await super().idempotency_records(keys)
