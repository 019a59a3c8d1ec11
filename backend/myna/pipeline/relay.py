"""Route: reads the log from this node's own position, folds it, and tells hub, intake and recorder. It never writes rows.

It also watches what the log is silent about: open turns that nobody works on any more end in `reply.failed`.
"""

import asyncio
import random
from collections import Counter
from contextlib import aclosing

import structlog

from myna.broker.port import Broker, Record
from myna.core.histogram import Histogram
from myna.core.hub import Hub
from myna.core.projection import FoldResult, Projection, mark_of
from myna.pipeline.failpoints import failpoint
from myna.pipeline.queries import Queries
from myna.pipeline.recorder import Recorder
from myna.pipeline.submissions import Submissions
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import GROUP_LINES, WORK_QUEUE, RoutingKey
from myna.store.port import Checkpoint, Store

log = structlog.get_logger()

# A node that starts reads this much of the past, so that sockets that were away for as long can resume on it.
REWIND_S = 120.0
# And this much more, so that of a message and its repetitions it reads the first: they are repeated within seconds.
REPEATED_S = 15.0
BITE_BYTES = 64 * 1024  # of the log read in one go, about 10 ms
WATCH_S = 1.0
ASLEEP_S = 5.0  # a watch that slept so long was frozen, and what it would judge by is as old
# The log was replaced, and the new one has not spoken of a reply for so long: whoever made it may have ended it in the old one,
# where nobody read the end. A responder takes an order as old as this for a repetition, and looks how far the reply got.
UNHEARD_S = 4.0
# However long the queue is: a turn that old without a word is over.
GIVE_UP_S = 15 * 60.0


class Relay:
    """This node's one reader of the log."""

    def __init__(
        self,
        broker: Broker,
        store: Store,
        projection: Projection,
        *,
        hub: Hub,
        intake: Submissions,
        state: Queries,
        recorder: Recorder,
        abandoned_s: float,
    ) -> None:
        self.live = False  # has read all there was when it began
        self.counts = Counter[str]()  # events relayed, and how many of them were messages and deltas
        self.queued, self.first_part = Histogram(), Histogram()  # of replies completed while this node was live
        self._broker = broker
        self._store = store
        self._projection = projection
        self._hub = hub
        self._intake = intake
        self._state = state
        self._recorder = recorder
        self._abandoned_s = abandoned_s
        self._ready = asyncio.Event()
        self._carried: list[bytes] = []  # lines of a log that is no more, which the next one has to be told
        self._watching_since = 0.0
        self._replaced = False  # the log, and what was open then has not been looked after yet
        self._last: tuple[str, int] | None = None

    async def wait_live(self) -> None:
        """Return when sockets can be served: the node knows what every other node knows."""
        await self._ready.wait()

    @property
    def ready(self) -> bool:
        """Whether it has ever been live: from then on sockets can be served."""
        return self._ready.is_set()

    async def run(self) -> None:
        """Read until the broker is lost (raises) or the task is cancelled."""
        await self._broker.wait_up()
        self.live = False
        nonce, asked_at = reply_id_for("mark", str(random.random())), asyncio.get_running_loop().time()
        await self._broker.submit(RoutingKey.EVENT, [e.encode(e.LogMark(nonce=nonce))])
        if not self._ready.is_set() and self._projection.reached == e.BEGINNING:  # else it was interrupted while it caught up
            start = await self._begin()
        else:
            start = await self._resume()
        while self._carried:
            await self._broker.submit(RoutingKey.EVENT, self._carried[:GROUP_LINES])
            del self._carried[:GROUP_LINES]
        async with aclosing(self._broker.log(start)) as log_records:
            async for records in log_records:
                taken = 0
                for record in records:
                    self._take(record)
                    taken += len(record.body)
                    if taken > BITE_BYTES:  # who has much to catch up with still answers pings, the broker's too
                        taken = 0
                        await asyncio.sleep(0)
                    if not self.live and nonce.encode() in record.body:
                        self.live = True
                        self._watching_since = asyncio.get_running_loop().time()
                        self._ready.set()
                        self._recorder.begin()
                        self._intake.repeat_unseen(before=asked_at)
                        log.info("relay.live", epoch=self._projection.epoch, offset=record.offset)
                self._state.moved()
                if self._projection.pending:
                    self._recorder.wake()

    async def _begin(self) -> int:
        """Where a starting node reads from; makes the timeline that of the log found there."""
        await self._store.wait_up()
        await self._store.check_schema()
        ages = (0, REWIND_S, REWIND_S + REPEATED_S)
        newest, older, oldest = [await self._store.checkpoint(older_than_s=age) for age in ages]
        span = await self._broker.log_span() or (0, 0)
        if newest is None or older is None or oldest is None or not await self._same_log(newest):
            self._projection.restart(await self._name_log(span[0]))
            if newest is not None:
                self._projection.stored_to(newest)
            if span[0] > 0 or newest is not None:  # then there are rows that this log does not tell of
                self._projection.window.forgotten_at = timestamps.now()
            return span[0]
        self._projection.begin(newest, older)
        self._projection.window.forgotten_at = timestamps.now()
        return max(oldest.low.offset, 0)

    async def _resume(self) -> int:
        """Where a node that lost the broker goes on; notices when the log there is another one."""
        last = self._projection.reached.offset
        if last < 0:
            return 0
        record = await self._broker.record_at(last)
        if record is not None and mark_of(record.body) == self._projection.mark:
            return last + 1
        span = await self._broker.log_span() or (0, 0)
        epoch = await self._name_log(span[0])
        log.warning("relay.log_replaced", epoch=epoch)
        # Nodes had read the old one to different places. What is not stored yet goes into the new one, so that all know it.
        self._carried += [e.encode(event) for event in self._projection.unsettled()]
        self._projection.restart(epoch)
        self._replaced = True
        self._hub.expel()
        return span[0]

    async def _same_log(self, checkpoint: Checkpoint) -> bool:
        if checkpoint.high.offset < 0:
            return False
        record = await self._broker.record_at(checkpoint.high.offset)
        return record is not None and mark_of(record.body) == checkpoint.mark

    async def _name_log(self, first: int) -> str:
        # The same on every node without talking: named after the oldest record that the log still has.
        record = await self._broker.record_at(first)
        if record is None:
            raise BrokerUnavailable("The log could not be read at its beginning.")
        return f"{first:x}-{mark_of(record.body)}"

    def _take(self, record: Record) -> None:
        folded = self._projection.fold(record, asyncio.get_running_loop().time())
        failpoint("relay.folded")
        for entry in folded.entries:
            if entry.frame:
                self._hub.deliver(entry.event.owner, entry.frame)
        self._count(folded)
        self._intake.observe(folded)
        if folded.unreadable:
            log.warning("relay.unreadable", offset=record.offset, lines=folded.unreadable)

    def _count(self, folded: FoldResult) -> None:
        if not folded.entries:
            return
        self.counts["events"] += len(folded.entries)
        for entry in folded.entries:
            event = entry.event
            if type(event) is e.ReplyDelta:
                self.counts["deltas"] += 1
            elif type(event) is e.MessageCreated:
                self.counts["messages"] += 1
            elif type(event) is e.ReplyCompleted and self.live:
                self._time(event.timings)
        self._last = (folded.entries[-1].event.at, timestamps.now_ms())

    def _time(self, timings: e.Timings) -> None:
        self.queued.observe(timings.queued_ms / 1000)
        if timings.first_part_ms is not None:
            self.first_part.observe(timings.first_part_ms / 1000)

    def lag_ms(self) -> int | None:
        """How old the newest event was when it was read here; None before the first."""
        if self._last is None:
            return None
        at, read_ms = self._last
        return max(0, read_ms - timestamps.milliseconds(at))

    async def watch(self) -> None:
        """Each second: repeat what was accepted and never seen, end what nobody works on, measure the lag."""
        while True:
            slept_at = asyncio.get_running_loop().time()
            await asyncio.sleep(WATCH_S * random.uniform(0.8, 1.2))  # jitter, so that nodes don't act at once
            now = asyncio.get_running_loop().time()
            if not self.live or not self._broker.up or now - slept_at > ASLEEP_S:
                self._watching_since = now
                continue
            self._intake.repeat_unseen()
            await self._ask_unheard(now)
            await self._end_abandoned()

    async def _ask_unheard(self, now: float) -> None:
        """Once after a new log began: order again what was open and is not spoken of in it. One that is being made takes no harm."""
        if not self._replaced or now < self._watching_since + 2 * UNHEARD_S:
            return  # the first half is for what was carried over, which is no sign of life
        orders = [e.encode(reply.job) for reply in self._projection.open.idle_since(now - UNHEARD_S)]
        if orders:
            log.warning("relay.unheard", replies=len(orders))
        await asyncio.gather(*(self._broker.submit(RoutingKey.WORK, [order]) for order in orders))
        self._replaced = False  # only now: a broker that could not take them is asked again

    async def _end_abandoned(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._watching_since > now - self._abandoned_s:
            return  # who could not listen for so long can't tell silence from absence
        idle = self._projection.open.idle_since(now - self._abandoned_s)
        if not idle:
            return
        # While the queue holds work that is ready, silence may just be the queue's length.
        depth = next((queue.depth for queue in await self._broker.queue_states() if queue.name == WORK_QUEUE), 0)
        detail = "Nobody has worked on this reply for too long; ask again."
        over = [reply for reply in idle if not depth or reply.touched < now - GIVE_UP_S]
        for reply in over:
            log.warning("relay.abandoned", reply_id=reply.job.reply_id)
        ends = [e.encode(reply.failed(timestamps.now(), "abandoned", detail, retryable=True)) for reply in over]
        await asyncio.gather(*(self._broker.submit(RoutingKey.EVENT, [end]) for end in ends))
