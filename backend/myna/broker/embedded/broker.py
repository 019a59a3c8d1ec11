"""Door: the in-process twin of RabbitMQ, for the embedded mode and for tests.

It speaks to no network, and without a journal to no disk and no thread either: everything it does then happens in the
event loop, in a repeatable order.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

import structlog

from myna.broker.embedded.deliveries import EmbeddedConsumer, Notifier
from myna.broker.embedded.journal import Journal
from myna.broker.embedded.queues import Acked, Entry, Published, PutAside, Queues, Removed, Returned, Taken
from myna.broker.group_commit import GroupCommit
from myna.broker.port import PUBLISH_TIMEOUT_S, DeadLetter, QueueState, Record, Start
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import DEAD_LETTERS, GROUP_LINES, LOG, WORK_QUEUE, RoutingKey

log = structlog.get_logger(__name__)

RECORDS_AT_ONCE = 1024  # of one batch a log reader gets
STOPS_KEPT = 1000  # nudges a listener may be behind; the oldest go first, as the log has them all
ENTRIES_AT_ONCE = 1024  # that share one write of the journal
REOPEN_S = 5.0  # at most, between two tries to open a journal whose disk failed


class EmbeddedBroker:
    """A broker inside this process. With `journal` everything confirmed survives a kill -9, in that file."""

    kind: Literal["rabbitmq", "embedded"] = "embedded"

    def __init__(self, journal: Path | None = None) -> None:
        self.up = False
        self.trouble: str | None = "The embedded broker has not started yet."
        self.life = 0  # counts losses: what was begun in an earlier life ends with BrokerUnavailable
        self.queues = Queues()
        self.work_arrived = Notifier()
        self._log_grew = Notifier()
        self._rise = asyncio.Event()
        self._journal = Journal(journal) if journal else None
        self._disk_failed = asyncio.Event()
        self._closed = False
        self._publishers = {key: GroupCommit(partial(self._publish, key), limit=GROUP_LINES) for key in RoutingKey}
        # All that has to be on disk before it is seen goes through this one lane: so the order in the file is the order here.
        self._lane: GroupCommit[Entry] = GroupCommit(self._write, limit=ENTRIES_AT_ONCE)
        self._consumers: list[EmbeddedConsumer] = []
        self._listeners: list[deque[bytes]] = []
        self._readers = 0

    # --- life ---------------------------------------------------------------------------------------------------------

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
        await self._rise.wait()

    async def close(self) -> None:
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                for publisher in self._publishers.values():
                    await publisher.drain()
        self.lose("The embedded broker was closed.")
        for publisher in self._publishers.values():
            await publisher.close()
        await self._lane.close()
        if self._journal is not None:
            self._journal.close()

    def lose(self, why: str = "The embedded broker is away.") -> None:
        """Be away: pending publishes fail, iterators raise, what is in hand goes back. Ends with `recover`."""
        if self.up:
            for consumer in tuple(self._consumers):
                consumer.give_back()
        self._fall(why)

    def recover(self) -> None:
        """Be there again, with everything that was confirmed. While the journal is to be read again, that alone brings it back."""
        if not self._disk_failed.is_set():
            self.up, self.trouble = True, None
            self._rise.set()

    def _fall(self, why: str) -> None:
        self.life += 1
        self.up, self.trouble = False, why
        self._rise.clear()
        self._consumers.clear()
        self.work_arrived.notify_all()
        self._log_grew.notify_all()

    def _fail_disk(self, error: Exception) -> None:
        """What is in memory and what is in the file may differ now: away, until `run` has read the file again."""
        if not self._disk_failed.is_set():
            why = str(error) or f"the disk took longer than {PUBLISH_TIMEOUT_S:.0f} s"
            self._fall(f"The embedded broker's journal can't be written: {why}.")
            log.error("journal.lost", reason=self.trouble)
            self._disk_failed.set()

    def living(self, life: int | None = None) -> int:
        """This life's number; raises `BrokerUnavailable` when away, or when it is another than the given one."""
        if not self.up or (life is not None and life != self.life):
            raise BrokerUnavailable(self.trouble or "The embedded broker was away meanwhile.")
        return self.life

    # --- the way in ---------------------------------------------------------------------------------------------------

    def submit(self, key: RoutingKey, lines: Sequence[bytes]) -> asyncio.Future[None]:
        return self._publishers[key].submit(lines)

    async def _publish(self, key: RoutingKey, lines: list[bytes]) -> None:
        life = self.living()
        kept = self.queues
        if kept.full and kept.feeds_work(key.value):
            raise BrokerUnavailable(f"{WORK_QUEUE} is full: {kept.ready} deliveries wait.")
        number, kept.next_number = kept.next_number, kept.next_number + 1
        body = lines[0] if len(lines) == 1 else b"\n".join(lines)
        if (on_disk := self.commit(Published(number, key.value, timestamps.now_ms(), body))) is not None:
            await on_disk
        self.living(life)

    def commit(self, entry: Published | PutAside) -> asyncio.Future[None] | None:
        """Apply what makes a log record: at once, or with a journal as soon as the future says that the disk has it."""
        if self._journal is not None:
            return self._lane.submit([entry])
        self._apply(entry)
        return None

    def change(self, entry: Taken | Acked | Returned | Removed) -> None:
        """Apply what only moves things about: in the file at once, on disk with the next publish."""
        try:
            if self._journal is not None:
                self._journal.append([entry])
        except OSError as error:
            self._fail_disk(error)
        else:
            self.queues.apply(entry)

    async def _write(self, entries: list[Entry]) -> None:
        journal = self._journal
        assert journal is not None
        if self._disk_failed.is_set():
            raise BrokerUnavailable(self.trouble or "The journal is being read again.")
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                if journal.due:
                    journal.begin_rewrite()
                    await asyncio.to_thread(journal.prepare, list(self.queues.snapshot()))
                    journal.switch()
                journal.append(entries)
                await asyncio.to_thread(journal.sync)
        except (OSError, TimeoutError) as error:
            self._fail_disk(error)
            raise BrokerUnavailable(self.trouble or "") from error
        for entry in entries:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        self.queues.apply(entry)
        self._log_grew.notify_all()
        if isinstance(entry, Published):
            if entry.key == RoutingKey.STOP:
                for listener in self._listeners:
                    listener.append(entry.body)
            elif entry.key != RoutingKey.EVENT:
                self.work_arrived.notify_all()

    # --- the work queue -----------------------------------------------------------------------------------------------

    def consume(self, *, prefetch: int) -> EmbeddedConsumer:
        consumer = EmbeddedConsumer(self, prefetch)
        if self.up:
            self._consumers.append(consumer)
        return consumer

    def forget(self, consumer: EmbeddedConsumer) -> None:
        """This consumer is closed."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    # --- the log ------------------------------------------------------------------------------------------------------

    async def log(self, start: Start) -> AsyncGenerator[Sequence[Record], None]:
        life = self.living()
        position = self._position(start)
        self._readers += 1
        try:
            while True:
                self.living(life)
                if records := self.queues.records(position, RECORDS_AT_ONCE):
                    position = records[-1].offset + 1
                    yield records
                else:
                    await self._log_grew.wait()
        finally:
            self._readers -= 1

    def _position(self, start: Start) -> int:
        if isinstance(start, datetime):
            return self.queues.first_at(int(start.timestamp() * 1000))
        return {"first": 0, "next": self.queues.next_offset}[start] if isinstance(start, str) else start

    async def log_span(self) -> tuple[int, int] | None:
        self.living()
        kept = self.queues
        return (kept.first_offset, kept.next_offset - 1) if kept.log else None

    async def record_at(self, offset: int) -> Record | None:
        self.living()
        records = self.queues.records(offset, 1)
        return records[0] if records and records[0].offset == offset else None

    async def stops(self) -> AsyncGenerator[bytes, None]:
        life = self.living()
        heard: deque[bytes] = deque(maxlen=STOPS_KEPT)
        self._listeners.append(heard)
        try:
            while True:
                while heard:
                    yield heard.popleft()
                    self.living(life)
                await self._log_grew.wait()
                self.living(life)
        finally:
            # By identity: two that have heard nothing are equal.
            self._listeners = [listener for listener in self._listeners if listener is not heard]

    # --- what an operator sees ----------------------------------------------------------------------------------------

    async def queue_states(self) -> list[QueueState]:
        self.living()
        kept = self.queues
        return [
            QueueState(WORK_QUEUE, depth=kept.ready, unacked=len(kept.unacked), consumers=len(self._consumers)),
            QueueState(LOG, depth=len(kept.log), consumers=self._readers),
            QueueState(DEAD_LETTERS, depth=len(kept.dead_letters), unacked=0, consumers=0),
        ]

    async def dead_letters(self) -> list[DeadLetter]:
        self.living()
        return [
            DeadLetter(str(dead.number), dead.body, dead.reason, timestamps.from_ms(dead.at_ms))
            for dead in self.queues.dead_letters.values()
        ]

    async def remove_dead_letters(self, ids: Sequence[str]) -> int:
        self.living()
        found = {int(one) for one in ids if one.isdecimal()} & self.queues.dead_letters.keys()
        for number in sorted(found):
            self.change(Removed(number))
        return len(found)
