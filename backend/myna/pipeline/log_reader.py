"""Reads the log from this node's position on, and recognises a log that was replaced."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import structlog

from myna.broker.port import Broker, Record
from myna.core.projection import Projection, mark_of
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import GROUP_LINES, RoutingKey
from myna.store.port import Checkpoint, Store

log = structlog.get_logger()

# A node that starts reads this much of the past, so that sockets that were away for as long can resume on it.
REWIND_S = 120.0
# And this much more, so that of a message and its repetitions it reads the first: they are repeated within seconds.
REPEATED_S = 15.0
OWN_OFFSETS = 1  # that RabbitMQ takes where a segment of the log begins, and the log may begin with any segment


class LogReader:
    """Where this node reads the log from; it sets the projection to the log that it finds."""

    def __init__(self, broker: Broker, store: Store, projection: Projection) -> None:
        self._broker = broker
        self._store = store
        self._projection = projection
        self.missed = 0  # records that the log had dropped before this node read them
        self._carried: list[bytes] = []  # lines of an earlier log that the present one has yet to be given

    async def start(self) -> int:
        """The offset from which a node that has just started reads."""
        await self._store.wait_up()
        await self._store.check_schema()
        ages = (0, REWIND_S, REWIND_S + REPEATED_S)
        newest, older, oldest = [await self._store.checkpoint(older_than_s=age) for age in ages]
        first = await self._first_offset()
        if newest is not None:
            # Of replies that were open there, the log is needed from their beginning on.
            self._say_missed(newest.high.offset if newest.low == newest.high else newest.low.offset - 1, first)
        if newest is None or older is None or oldest is None or not await self._is_of_this_log(newest):
            self._projection.restart(await self._epoch_from(first))
            if newest is not None:
                self._projection.stored_to(newest)
            if first > 0 or newest is not None:  # there are rows that this log does not tell of
                self._projection.begins_at(timestamps.now())
            return first
        self._projection.begin(newest, older)
        self._projection.begins_at(timestamps.now())
        return max(oldest.low.offset, 0)

    async def resume(self) -> tuple[int, bool]:
        """The offset from which a node that lost the broker goes on, and whether the log there is another one."""
        last = self._projection.reached.offset
        if last < 0:
            return 0, False
        record = await self._broker.record_at(last)
        if record is not None and mark_of(record.body) == self._projection.mark:
            return last + 1, False
        first = await self._first_offset()
        cut_off = record is None and first > last  # the log goes on, but not from here
        if cut_off and not self._say_missed(last, first):
            return first, False
        epoch = await self._epoch_from(first)
        if not cut_off:
            log.warning("relay.log_replaced", epoch=epoch)
        # Nodes had read the old log to different positions. What is not stored yet goes into the new one, so that all know it.
        self._carried += self._projection.unsettled()
        self._projection.restart(epoch)
        return first, True

    async def read(self, offset: int) -> AsyncGenerator[Sequence[Record], None]:
        """Batches of records from an offset on, without end. Raises `BrokerUnavailable` when the broker is lost."""
        while self._carried:
            # Each by itself, as a job may be large and the lines of one call travel in one message.
            await asyncio.gather(*(self._broker.submit(RoutingKey.EVENT, [line]) for line in self._carried[:GROUP_LINES]))
            del self._carried[:GROUP_LINES]
        async with aclosing(self._broker.log(offset)) as batches:
            async for records in batches:
                yield records

    def _say_missed(self, reached: int, first: int) -> bool:
        """Whether the log, which begins at `first`, has dropped records behind `reached`; then say so and count them."""
        missed = first - reached - 1 - OWN_OFFSETS
        if missed <= 0:
            return False
        self.missed += missed
        log.error("relay.log_cut_off", missed=missed, reached=reached, log_begins_at=first)
        return True

    async def _first_offset(self) -> int:
        span = await self._broker.log_span()
        return span[0] if span is not None else 0

    async def _is_of_this_log(self, checkpoint: Checkpoint) -> bool:
        if checkpoint.high.offset < 0:
            return False
        record = await self._broker.record_at(checkpoint.high.offset)
        return record is not None and mark_of(record.body) == checkpoint.mark

    async def _epoch_from(self, first: int) -> str:
        # The same on every node without talking: named after the oldest record that the log still has.
        record = await self._broker.record_at(first)
        if record is None:
            raise BrokerUnavailable("The log could not be read at its beginning.")
        return f"{first:x}-{mark_of(record.body)}"
