"""The broker that runs inside this process: the embedded mode's, and the one that tests use.

It takes no network, and without a journal no disk and no thread: everything happens in the event loop, in an order that repeats.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog

from myna.broker.embedded.consumer import EmbeddedConsumer, Notifier
from myna.broker.embedded.journal import Journal
from myna.broker.embedded.queues import DeadLettered, DeadLetterRemoved, JournalEntry, Published, Queues, Unlogged
from myna.broker.group_commit import GroupCommit, publishers
from myna.broker.port import PUBLISH_TIMEOUT_S, STOPS_KEPT, DeadLetter, QueueState, Record, Start
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import DEAD_LETTERS, IN_MEMORY, LOG, WORK_QUEUE, LogLimits, RoutingKey
from myna.telemetry.histogram import Histogram

log = structlog.get_logger(__name__)

RECORDS_AT_ONCE = 1024  # records in one batch of a log reader
ENTRIES_AT_ONCE = 1024  # entries that share one write of the journal
REOPEN_S = 5.0  # the longest wait between two tries to open a journal whose disk failed


class EmbeddedBroker:
    """A broker inside this process; see `port.Broker`. With `journal`, what is confirmed survives a kill -9 in that file."""

    kind: Literal["rabbitmq", "embedded"] = "embedded"
    segment_bytes = 0

    def __init__(self, journal: Path | None = None, limits: LogLimits = IN_MEMORY) -> None:
        self.up = False
        self.trouble: str | None = "The embedded broker has not started yet."
        self.generation = 0  # counts outages: what began before one ends with BrokerUnavailable
        self.queues = Queues(limits)
        self.work_arrived = Notifier()
        self._log_grew = Notifier()
        self._came_up = asyncio.Event()
        self._journal = Journal(journal, limits) if journal else None
        self._disk_failed = asyncio.Event()
        self._closed = False
        self.confirm_seconds = Histogram()
        self._publishers = publishers(self._publish, self.confirm_seconds)
        # All that has to be on disk before it is seen is written by this one, so the file has the same order as the memory.
        self._journal_writer: GroupCommit[JournalEntry] = GroupCommit(self._write, limit=ENTRIES_AT_ONCE)
        self._consumers: list[EmbeddedConsumer] = []
        self._stop_listeners: list[deque[bytes]] = []
        self._log_readers = 0

    async def run(self) -> None:
        while not self._closed:
            try:
                if self._journal is not None:
                    self.queues = await asyncio.to_thread(self._journal.open)
            except OSError as error:
                self.trouble = f"The embedded broker's journal can't be opened: {error}."
            else:
                self._disk_failed.clear()
                self.recover()
                await self._disk_failed.wait()
            await asyncio.sleep(random.uniform(0, REOPEN_S))

    async def wait_up(self) -> None:
        await self._came_up.wait()

    async def close(self) -> None:
        self._closed = True
        await asyncio.gather(*(publisher.close(within_s=PUBLISH_TIMEOUT_S) for publisher in self._publishers.values()))
        self.lose("The embedded broker was closed.")
        await self._journal_writer.close()
        if self._journal is not None:
            self._journal.close()

    def lose(self, why: str = "The embedded broker is away.") -> None:
        """Go down: pending publishes fail, iterators raise, unacked messages are requeued. Ends with `recover`."""
        if self.up:
            for consumer in tuple(self._consumers):
                consumer.requeue_all()
        self._go_down(why)

    def recover(self) -> None:
        """Come up with everything that was confirmed. After a disk failure only `run` can, by reading the journal again."""
        if not self._disk_failed.is_set():
            self.up, self.trouble = True, None
            self._came_up.set()

    def _go_down(self, why: str) -> None:
        self.generation += 1
        self.up, self.trouble = False, why
        self._came_up.clear()
        self._consumers.clear()
        self.work_arrived.notify_all()
        self._log_grew.notify_all()

    def _disk_failure(self, error: Exception) -> None:
        """Memory and file may differ now: go down until `run` has read the file again."""
        if not self._disk_failed.is_set():
            why = str(error) or f"the disk took longer than {PUBLISH_TIMEOUT_S:.0f} s"
            self._go_down(f"The embedded broker's journal can't be written: {why}.")
            log.error("journal.lost", reason=self.trouble)
            self._disk_failed.set()

    def require_up(self, generation: int | None = None) -> int:
        """The current generation. Raises `BrokerUnavailable` while down, or where it is another than the given one."""
        if not self.up or (generation is not None and generation != self.generation):
            raise BrokerUnavailable(self.trouble or "The embedded broker was away meanwhile.")
        return self.generation

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        return self._publishers[key].submit(lines)

    async def _publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        generation = self.require_up()
        queues = self.queues
        if queues.full and queues.feeds_work_queue(key.value):
            raise BrokerUnavailable(f"{WORK_QUEUE} is full: {queues.ready} deliveries wait.")
        number, queues.next_number = queues.next_number, queues.next_number + 1
        body = lines[0] if len(lines) == 1 else b"\n".join(lines)
        if (on_disk := self.commit(Published(number, key.value, timestamps.now_ms(), body))) is not None:
            await on_disk
        self.require_up(generation)

    def commit(self, entry: Published | DeadLettered) -> "asyncio.Future[None] | None":
        """Make a change that appends to the log: at once, or with a journal when the returned future says that the disk has it."""
        if self._journal is not None:
            return self._journal_writer.submit([entry])
        self._apply(entry)
        return None

    def change(self, entry: Unlogged) -> None:
        """Make a change that appends nothing to the log: it is in the file at once, and on disk with the next publish."""
        try:
            if self._journal is not None:
                self._journal.append([entry])
        except OSError as error:
            self._disk_failure(error)
        else:
            self.queues.apply(entry)

    async def _write(self, entries: list[JournalEntry]) -> None:
        journal = self._journal
        assert journal is not None
        if self._disk_failed.is_set():
            raise BrokerUnavailable(self.trouble or "The journal is being read again.")
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                if journal.rewrite_due:
                    journal.begin_rewrite()
                    await asyncio.to_thread(journal.prepare, list(self.queues.snapshot()))
                    journal.switch()
                journal.append(entries)
                await asyncio.to_thread(journal.sync)
        except (OSError, TimeoutError) as error:
            self._disk_failure(error)
            raise BrokerUnavailable(self.trouble or "") from error
        for entry in entries:
            self._apply(entry)

    def _apply(self, entry: JournalEntry) -> None:
        self.queues.apply(entry)
        self._log_grew.notify_all()
        if isinstance(entry, Published):
            if entry.key == RoutingKey.STOP:
                for stops in self._stop_listeners:
                    stops.append(entry.body)
            elif entry.key != RoutingKey.EVENT:
                self.work_arrived.notify_all()

    def consume(self, *, prefetch: int) -> EmbeddedConsumer:
        consumer = EmbeddedConsumer(self, prefetch)
        if self.up:
            self._consumers.append(consumer)
        return consumer

    def forget(self, consumer: EmbeddedConsumer) -> None:
        """Count this consumer no more: it is closed."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    async def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        generation = self.require_up()
        offset = self._offset(start)
        self._log_readers += 1
        try:
            while True:
                self.require_up(generation)
                if records := self.queues.records(offset, RECORDS_AT_ONCE):
                    offset = records[-1].offset + 1
                    yield records
                else:
                    await self._log_grew.wait()
        finally:
            self._log_readers -= 1

    def _offset(self, start: Start) -> int:
        if isinstance(start, datetime):
            return self.queues.first_at(int(start.timestamp() * 1000))
        return {"first": 0, "next": self.queues.next_offset}[start] if isinstance(start, str) else start

    async def log_span(self) -> tuple[int, int] | None:
        self.require_up()
        return (self.queues.first_offset, self.queues.next_offset - 1) if self.queues.log else None

    async def record_at(self, offset: int) -> Record | None:
        self.require_up()
        records = self.queues.records(offset, 1)
        return records[0] if records and records[0].offset == offset else None

    async def stops(self) -> AsyncGenerator[bytes, None]:
        generation = self.require_up()
        stops: deque[bytes] = deque(maxlen=STOPS_KEPT)
        self._stop_listeners.append(stops)
        try:
            while True:
                while stops:
                    yield stops.popleft()
                    self.require_up(generation)
                await self._log_grew.wait()
                self.require_up(generation)
        finally:
            self._stop_listeners = [other for other in self._stop_listeners if other is not stops]  # by identity: two empty ones are equal

    async def queue_states(self) -> list[QueueState]:
        self.require_up()
        queues = self.queues
        return [
            QueueState(WORK_QUEUE, depth=queues.ready, unacked=len(queues.unacked), consumers=len(self._consumers)),
            QueueState(LOG, depth=len(queues.log), consumers=self._log_readers),
            QueueState(DEAD_LETTERS, depth=len(queues.dead_letters), unacked=0, consumers=0),
        ]

    async def dead_letters(self) -> list[DeadLetter]:
        self.require_up()
        letters = self.queues.dead_letters.values()
        return [DeadLetter(str(one.number), one.body, one.reason, timestamps.from_ms(one.at_ms)) for one in letters]

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        self.require_up()
        found = {int(one) for one in ids if one.isdecimal()} & self.queues.dead_letters.keys()
        for number in sorted(found):
            self.change(DeadLetterRemoved(number))
        return len(found)
