"""Writes what the log has shown into the database, rows and position in one transaction; one recorder among all nodes.

Group commit: facts that come while a batch is being written go with the next one. A node without the writer lock keeps
what is not stored yet, ready to take over.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic, time_ns

import structlog

from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.pipeline import steps
from myna.pipeline.failpoints import failpoint
from myna.pipeline.storage_signals import StorageSignals
from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.protocol.views import MessageView
from myna.store.port import Batch, Checkpoint, Fact, Store, WriterLock
from myna.telemetry import tracing
from myna.telemetry.histogram import Histogram

log = structlog.get_logger()

POLL_S = 1.0  # between two tries for the writer lock, and two looks at how far its holder has stored
FLUSH_S = 3.0  # a stopping node gives the database this long; another node stores what is left
# From batch to batch, unless a reader waits for what was said this very moment: a transaction's nine round trips cost the
# same for one row as for hundreds.
BATCH_S = 0.1
IDLE_S = 5.0  # with nothing to store, the position is stored this often all the same, so that a start reads little


class Recorder(LogObserver):
    """Stores the projection's pending facts while it has the writer lock."""

    def __init__(self, store: Store, projection: Projection, signals: StorageSignals) -> None:
        self.active = False
        self.refused = 0
        self.released = asyncio.Event()  # while it is not set, nothing is stored: the laboratory holds it
        self.released.set()
        self.write_seconds = Histogram()  # of batches
        self._store = store
        self._projection = projection
        self._signals = signals
        self._gap = False  # the database lacks what this node forgot
        self._caught_up = asyncio.Event()
        self._more = asyncio.Event()  # there may be something to store

    def caught_up(self, began_at: float) -> None:
        """The projection is that of the log there is: what it holds may be stored."""
        self._caught_up.set()

    def batch_read(self) -> None:
        if self._projection.pending:
            self._more.set()

    async def flush(self) -> None:
        """Return when everything pending is stored, or after `FLUSH_S`, or at once where this node has not the writer lock."""
        deadline = asyncio.get_running_loop().time() + FLUSH_S
        while self.active and self._projection.pending and asyncio.get_running_loop().time() < deadline:
            self._signals.request_flush()
            await asyncio.sleep(0.01)

    async def run(self) -> None:
        """Wait for the writer lock, record until it is lost, and again. Ends only when cancelled."""
        await self._caught_up.wait()
        while True:
            try:
                await self._catch_up()
                writer_lock = await self._store.acquire_writer_lock()
                if writer_lock is None:
                    await self._follow()
                    continue
                try:
                    await self._record(writer_lock)
                finally:
                    self.active = False
                    await writer_lock.release()
            except RecorderFenced:
                log.warning("recorder.fenced")
            except StoreUnavailable as error:
                log.debug("recorder.store_away", reason=str(error))
            await asyncio.sleep(POLL_S)

    async def _follow(self) -> None:
        """Another node records: learn how far it has stored, sooner where a reader waits for that."""
        end = asyncio.get_running_loop().time() + POLL_S
        while (left := end - asyncio.get_running_loop().time()) > 0 and await self._signals.flush_requested(left):
            await asyncio.sleep(BATCH_S)
            await self._catch_up()

    async def _catch_up(self) -> Checkpoint | None:
        checkpoint = await self._store.checkpoint()
        if checkpoint is not None and checkpoint != self._projection.stored:
            self._projection.stored_to(checkpoint)
            self._signals.advanced()
        return checkpoint

    async def _record(self, writer_lock: WriterLock) -> None:
        expected = await self._catch_up()
        if not self._projection.remembers_since(expected):
            if not self._gap:
                log.error(
                    "recorder.gap",
                    why="The database is further back than this node remembers: restart it, and it reads the log from there.",
                )
            self._gap = True
            return
        self._gap = False
        self.active = True
        log.info("recorder.active", epoch=self._projection.epoch)
        while True:
            await self.released.wait()
            next_at = asyncio.get_running_loop().time() + BATCH_S
            reached, facts = self._projection.batch()
            if reached != expected and reached.high.offset >= 0:
                failpoint("record.before")
                began, began_ns = monotonic(), time_ns()
                refused = await writer_lock.record(Batch(expected, reached, facts))
                self.write_seconds.observe(monotonic() - began)
                failpoint("record.after")
                if refused:
                    self.refused += refused
                    log.error("recorder.refused", facts=refused, table="refused_facts")
                self._projection.stored_to(reached)
                self._signals.advanced()
                expected = reached
                if steps.are_written():
                    _write_steps(facts)
                if tracing.on():
                    tracing.stored([fact.id for fact in facts if isinstance(fact, MessageView)], began_ns)
            await self._signals.flush_requested(next_at - asyncio.get_running_loop().time())
            await self._more_to_store()

    async def _more_to_store(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                while not self._projection.pending:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            return


def _write_steps(facts: Sequence[Fact]) -> None:
    """The last step of each turn in these facts."""
    for fact in facts:
        if isinstance(fact, MessageView) and fact.role == "assistant":
            steps.write("reply.stored", fact.message_id or "", fact.id, fact.conversation_id, status=fact.status)
