"""Acts on what the log is silent about: submissions that never came back, replies that nobody makes any more."""

import asyncio
import random
from collections.abc import Callable

import structlog

from myna.broker.port import Broker
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.protocol import failures, log_codec, timestamps
from myna.protocol.topology import WORK_QUEUE, RoutingKey

log = structlog.get_logger()

WATCH_S = 1.0
FROZEN_S = 5.0  # a node that slept so long was frozen, and what it would judge by is as old
# The log was replaced, and the new one has no event of a reply for so long: its responder may have ended it in the old log,
# where nobody read the end. A responder takes a job as old as this for a repetition, and looks how far the reply got.
SILENT_S = 4.0
# However long the queue is: a reply without an event for so long is over.
GIVE_UP_S = 15 * 60.0


class Watchdog(LogObserver):
    """Looks once a second. `repeat_unseen` publishes accepted submissions again that never came back by the log."""

    def __init__(self, broker: Broker, projection: Projection, repeat_unseen: Callable[[], None], *, abandoned_s: float) -> None:
        self._broker = broker
        self._projection = projection
        self._repeat_unseen = repeat_unseen
        self._abandoned_s = abandoned_s
        self._live = False
        self._watching_since = 0.0  # since then nothing was missed, by the event loop's clock
        self._replaced = False  # the log was, and the replies open then have not been looked after yet

    def catching_up(self) -> None:
        self._live = False

    def caught_up(self, began_at: float) -> None:
        self._live = True
        self._watching_since = asyncio.get_running_loop().time()

    def log_replaced(self) -> None:
        self._replaced = True

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            slept_at = asyncio.get_running_loop().time()
            await asyncio.sleep(WATCH_S * random.uniform(0.8, 1.2))  # jitter, so that nodes don't act at once
            now = asyncio.get_running_loop().time()
            if not self._live or not self._broker.up or now - slept_at > FROZEN_S:
                self._watching_since = now
                continue
            self._repeat_unseen()
            await self._repeat_jobs(now)
            await self._end_abandoned(now)

    async def _repeat_jobs(self, now: float) -> None:
        """Once after a new log began: queue the jobs again whose replies it says nothing of. One that is being made takes no harm."""
        if not self._replaced or now < self._watching_since + 2 * SILENT_S:
            return  # the first half is for what was carried over, which is no sign of life
        jobs = [reply.line for reply in self._projection.idle_since(now - SILENT_S)]
        if jobs:
            log.warning("watchdog.repeat_jobs", replies=len(jobs))
        await asyncio.gather(*(self._broker.submit(RoutingKey.WORK, [job]) for job in jobs))
        self._replaced = False  # only now: where the broker could not take them, this is tried again

    async def _end_abandoned(self, now: float) -> None:
        if self._watching_since > now - self._abandoned_s:
            return  # silence while this node could not read says nothing
        idle = self._projection.idle_since(now - self._abandoned_s)
        if not idle:
            return
        # While the queue holds jobs that are ready, silence may just be the queue's length.
        depth = next((queue.depth for queue in await self._broker.queue_states() if queue.name == WORK_QUEUE), 0)
        abandoned = [reply for reply in idle if not depth or reply.last_event_at < now - GIVE_UP_S]
        for reply in abandoned:
            log.warning("watchdog.abandoned", reply_id=reply.job.reply_id)
        ends = [log_codec.encode(reply.failed(timestamps.now(), failures.ABANDONED)) for reply in abandoned]
        await asyncio.gather(*(self._broker.submit(RoutingKey.EVENT, [end]) for end in ends))
