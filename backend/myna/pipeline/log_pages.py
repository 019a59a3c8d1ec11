"""Pages of the log for people to look at, read from the broker when they are asked for. Nothing runs in between."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from myna.broker.port import Broker, Record, Start
from myna.core.log_lines import Line, Wanted, lines_of
from myna.core.projection import Projection
from myna.protocol.errors import BrokerUnavailable

SCAN_RECORDS = 5_000  # that one call looks at, however few of their lines are wanted
SCAN_S = 4.0  # for looking at records that are there
GATHER_S = 0.2  # after the first line that was waited for: under load the next ones come with it, and calls stay few
FIRST_STEP = 200  # records that are looked at first on the way back; each further step is four times as long
YIELD_LINES = 512  # of records looked at before others have their turn: 1 to 2 ms


@dataclass(slots=True)
class LogPage:
    """Wanted lines in the order of the log, of whole records, and where to go on."""

    after: int  # the last offset looked at
    before: int | None  # the first offset looked at; None: there is nothing before it
    lines: list[Line] = field(default_factory=list)


class LogPages:
    """Reads pages of the log. All raise `BrokerUnavailable`."""

    def __init__(self, broker: Broker, projection: Projection) -> None:
        self._broker = broker
        self._projection = projection

    async def after(self, offset: int, wanted: Wanted, limit: int, wait_s: float = 0.0) -> LogPage:
        """The page that follows an offset; where it has no line, what comes within `wait_s` seconds."""
        page = LogPage(offset, offset + 1 or None)
        if wait_s or offset < self._projection.reached.offset:
            await self._look_ahead(page, offset + 1, wanted, limit, wait_s)
        return page

    async def since(self, moment: datetime, wanted: Wanted, limit: int) -> LogPage:
        """The page that begins at this time, or a little earlier."""
        page = LogPage(-1, None)
        if self._projection.reached.offset >= 0:
            await self._look_ahead(page, moment, wanted, limit)
        return page

    async def _look_ahead(self, page: LogPage, start: Start, wanted: Wanted, limit: int, wait_s: float = 0.0) -> None:
        looked_at, last, loop = 0, self._projection.reached.offset, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(wait_s or SCAN_S) as deadline, aclosing(self._records(start)) as records:
                async for record in records:
                    found = list(lines_of(record, wanted))
                    if looked_at == SCAN_RECORDS or (page.lines and len(page.lines) + len(found) > limit):
                        return
                    if found and wait_s and not page.lines:
                        deadline.reschedule(min(loop.time() + GATHER_S, deadline.when() or 0.0))
                    page.lines += found
                    page.after, looked_at = record.offset, looked_at + 1
                    if not wait_s and record.offset >= last:
                        return
        except TimeoutError:
            if not wait_s and not looked_at:
                raise BrokerUnavailable("The log could not be read in time.") from None

    async def before(self, offset: int | None, wanted: Wanted, limit: int) -> LogPage:
        """The page that ends before an offset; None: the newest."""
        last = self._projection.reached.offset
        stop = last if offset is None else min(last, offset - 1)
        page = LogPage(stop, stop + 1 or None)
        step, looked_at = FIRST_STEP, 0
        while page.before and looked_at < SCAN_RECORDS and len(page.lines) < limit:
            step = min(step, SCAN_RECORDS - looked_at)
            if not await self._look_back(page, max(0, page.before - step), wanted, limit):
                break
            looked_at, step = looked_at + step, step * 4
        return page

    async def _look_back(self, page: LogPage, start: int, wanted: Wanted, limit: int) -> bool:
        """Put the wanted lines from `start` up to the page's beginning before it; False when time is up or the page full."""
        stop, room = (page.before or 0) - 1, limit - len(page.lines)
        found: deque[list[Line]] = deque()
        count, first = 0, stop + 1
        try:
            async with asyncio.timeout(SCAN_S), aclosing(self._records(start)) as records:
                async for record in records:
                    if record.offset > stop:
                        break
                    first = min(first, record.offset)
                    if lines := list(lines_of(record, wanted)):
                        found.append(lines)
                        count += len(lines)
                    while len(found) > 1 and count > room:
                        count -= len(found.popleft())
                        start = -1  # the page does not reach back to there
                    if record.offset == stop:
                        break
        except TimeoutError:
            if page.lines:
                return False
            raise BrokerUnavailable("The log could not be read in time.") from None
        if count > room and page.lines:
            return False
        page.lines[:0] = [line for lines in found for line in lines]
        if start < 0:
            page.before = found[0][0].record.offset
        else:
            page.before = (start or None) if first <= start else None
        return start >= 0

    async def _records(self, start: Start) -> AsyncGenerator[Record, None]:
        """The records from a place on, without end."""
        lines = 0
        async with aclosing(self._broker.log(start)) as batches:
            async for records in batches:
                for record in records:
                    yield record
                    lines += 1 + record.body.count(b"\n")
                    if lines >= YIELD_LINES:
                        lines = 0
                        await asyncio.sleep(0)
