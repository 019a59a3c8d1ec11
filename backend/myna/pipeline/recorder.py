"""Route: writes what the log has shown into Postgres, rows and position in one transaction; one recorder among all nodes.

Group commit again: what comes while a batch is being written goes with the next. A node without the seat only keeps
what is not stored yet, ready to take over.
"""

import asyncio
from contextlib import suppress

import structlog

from myna.core.projection import Projection
from myna.pipeline.failpoints import failpoint
from myna.pipeline.queries import Queries
from myna.protocol.errors import RecorderFenced, StoreUnavailable
from myna.store.port import Batch, Checkpoint, Store, WriterLock

log = structlog.get_logger()

LOOK_S = 1.0  # between two tries for the seat, and two looks at how far the holder is
FLUSH_S = 3.0  # a stopping node gives the database this long; another node stores what is left
# So long from batch to batch, unless a reader asks for what was said this very moment: a transaction's nine round trips cost the
# same for one row as for hundreds.
GATHER_S = 0.1
IDLE_S = 5.0  # with nothing to store, the position still moves on this often, so that a start reads little


class Recorder:
    """Stores the timeline's pending facts while it has the seat."""

    def __init__(self, store: Store, projection: Projection, state: Queries) -> None:
        self.active = False
        self.refused = 0
        self._store = store
        self._projection = projection
        self._state = state
        self._begun = asyncio.Event()
        self._flush_signal = asyncio.Event()

    def begin(self) -> None:
        """The timeline is that of the log and has caught up with it: what it holds may be stored."""
        self._begun.set()

    def wake(self) -> None:
        """There may be something to store."""
        self._flush_signal.set()

    async def flush(self) -> None:
        """Return when everything pending is stored, or can't be for now."""
        deadline = asyncio.get_running_loop().time() + FLUSH_S
        while self.active and self._projection.pending and asyncio.get_running_loop().time() < deadline:
            self._state.wanted.set()
            self._flush_signal.set()
            await asyncio.sleep(0.01)

    async def run(self) -> None:
        """Wait for the seat, record until it is lost, and again. Ends only when cancelled."""
        await self._begun.wait()
        while True:
            try:
                await self._catch_up()
                writer_lock = await self._store.acquire_writer_lock()
                if writer_lock is None:
                    await self._look_on()
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
            await asyncio.sleep(LOOK_S)

    async def _look_on(self) -> None:
        """Another node records: look how far it is, sooner where a reader waits for that."""
        end = asyncio.get_running_loop().time() + LOOK_S
        while (left := end - asyncio.get_running_loop().time()) > 0 and await self._wanted(left):
            self._state.wanted.clear()
            await asyncio.sleep(GATHER_S)
            await self._catch_up()

    async def _wanted(self, within_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._state.wanted.wait()
                return True
        return False

    async def _catch_up(self) -> Checkpoint | None:
        checkpoint = await self._store.checkpoint()
        if checkpoint is not None and checkpoint != self._projection.stored:
            self._projection.stored_to(checkpoint)
            self._state.moved()
        return checkpoint

    async def _record(self, writer_lock: WriterLock) -> None:
        expected = await self._catch_up()
        self.active = True
        log.info("recorder.active", epoch=self._projection.epoch)
        while True:
            self._flush_signal.clear()
            self._state.wanted.clear()
            next_at = asyncio.get_running_loop().time() + GATHER_S
            reached = self._projection.checkpoint()
            if reached != expected and reached.high.offset >= 0:
                facts = [fact for _, fact in self._projection.pending]
                failpoint("record.before")
                refused = await writer_lock.record(Batch(expected, reached, facts))
                failpoint("record.after")
                if refused:
                    self.refused += refused
                    log.error("recorder.refused", facts=refused, table="refused_facts")
                self._projection.stored_to(reached)
                self._state.moved()
                expected = reached
            await self._wanted(next_at - asyncio.get_running_loop().time())
            await self._more_to_store()

    async def _more_to_store(self) -> None:
        if self._projection.pending:
            return
        try:
            async with asyncio.timeout(IDLE_S):
                while not self._projection.pending:
                    self._flush_signal.clear()
                    await self._flush_signal.wait()
        except TimeoutError:
            return
