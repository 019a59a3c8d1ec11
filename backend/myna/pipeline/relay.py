"""Folds each record of the log into this node's projection and hands the result to the observers.

It never writes rows, and knows nothing of what the observers do.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import aclosing

import structlog

from myna.broker.port import Broker, Record
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.pipeline.failpoints import failpoint
from myna.pipeline.log_reader import OWN_OFFSETS, LogReader
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import RoutingKey

log = structlog.get_logger()

CHUNK_BYTES = 64 * 1024  # of the log folded before others have their turn: about 10 ms


class Relay:
    """This node's one reader of the log."""

    def __init__(self, broker: Broker, reader: LogReader, projection: Projection, observers: Sequence[LogObserver]) -> None:
        self.live = False  # has read everything that was in the log when it began, or began again
        self._broker = broker
        self._reader = reader
        self._projection = projection
        self._observers = observers
        self._ready = asyncio.Event()

    @property
    def missed(self) -> int:
        """How many records the log dropped before this node read them."""
        return self._reader.missed

    @property
    def ready(self) -> bool:
        """Whether it was ever live: from then on sockets can be served."""
        return self._ready.is_set()

    async def wait_live(self) -> None:
        """Return when sockets can be served: this node knows what every other node knows."""
        await self._ready.wait()

    async def run(self) -> None:
        """Read until the broker is lost (raises) or the task is cancelled."""
        await self._broker.wait_up()
        self.live = False
        self._notify(lambda observer: observer.catching_up())
        began_at = asyncio.get_running_loop().time()
        mark = log_codec.encode(e.LogMark(nonce=reply_id_for("mark", str(random.random()))))
        await self._broker.submit(RoutingKey.EVENT, [mark])
        async with aclosing(self._reader.read(await self._offset())) as batches:
            async for records in batches:
                folded_bytes = 0
                for record in records:
                    await self._check_follows(record)
                    self._fold(record)
                    folded_bytes += len(record.body)
                    if folded_bytes > CHUNK_BYTES:  # a node with much to catch up still answers pings, the broker's too
                        folded_bytes = 0
                        await asyncio.sleep(0)
                    if not self.live and mark in record.body:
                        self._go_live(began_at)
                self._notify(lambda observer: observer.batch_read())

    async def _offset(self) -> int:
        if not self.ready and self._projection.reached == e.BEGINNING:  # else it was interrupted while it caught up
            return await self._reader.start()
        offset, replaced = await self._reader.resume()
        if replaced:
            self._notify(lambda observer: observer.log_replaced())
        return offset

    async def _check_follows(self, record: Record) -> None:
        """Raise `BrokerUnavailable` where the log has dropped what stands between this record and the last: reading begins again then."""
        last = self._projection.reached.offset
        if 0 <= last < record.offset - 1 - OWN_OFFSETS and await self._broker.record_at(last) is None:
            raise BrokerUnavailable("The log has dropped records that this node had not read.")

    def _fold(self, record: Record) -> None:
        folded = self._projection.fold(record, asyncio.get_running_loop().time())
        failpoint("relay.folded")
        if folded.unreadable:
            log.warning("relay.unreadable", offset=record.offset, lines=folded.unreadable)
        for line, fault in folded.faults:
            log.error("relay.fault", offset=record.offset, line=line, exc_info=fault)
        self._notify(lambda observer: observer.observe(folded))

    def _go_live(self, began_at: float) -> None:
        self.live = True
        self._ready.set()
        self._notify(lambda observer: observer.caught_up(began_at))
        log.info("relay.live", epoch=self._projection.epoch, offset=self._projection.reached.offset)

    def _notify(self, call: Callable[[LogObserver], None]) -> None:
        for observer in self._observers:
            try:
                call(observer)
            except Exception:
                # The record is folded and would not be observed again: the other observers get it all the same.
                log.exception("relay.observer_fault", observer=type(observer).__name__, offset=self._projection.reached.offset)
