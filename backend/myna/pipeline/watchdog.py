"""Acts on what the log is silent about: submissions that never came back, replies that nobody makes any more."""

import asyncio
import random
from collections.abc import Callable

import structlog

from myna.broker.port import Broker
from myna.core.log_observer import LogObserver
from myna.core.projection import Projection
from myna.core.replies import OpenReply
from myna.protocol import failures, log_codec, timestamps
from myna.protocol.topology import WORK_QUEUE, RoutingKey

log = structlog.get_logger()

WATCH_S = 1.0
FROZEN_S = 5.0  # a node that slept so long was frozen, and what it would judge by is as old
# The log was replaced, and the new one has no event of a reply for so long: its responder may have ended it in the old log,
# where nobody read the end. A responder takes a job as old as this for a repetition, and looks how far the reply got.
SILENT_S = 4.0
# A responder says that it has begun as soon as it gets a job. So long after, with an empty queue, nobody has this one: a publish
# that broke off may have reached the log and not the queue, as RabbitMQ writes to each by itself (3.10 frozen for 13 s: 1 in 5,000).
# One that was begun may just wait for its model: it is queued again after half of the time in which it is given up.
UNBEGUN_S = 5.0
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
        self._repeated: set[str] = set()  # by reply_id, those whose jobs were queued again

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
            await self._repeat_after_replacement(now)
            await self._judge_silence(now)

    async def _repeat_after_replacement(self, now: float) -> None:
        """Once after a new log began: queue the jobs again whose replies it says nothing of. One that is being made takes no harm."""
        if not self._replaced or now < self._watching_since + 2 * SILENT_S:
            return  # the first half is for what was carried over, which is no sign of life
        await self._queue_again(self._projection.idle_since(now - SILENT_S))
        self._replaced = False  # only now: where the broker could not take them, this is tried again

    async def _judge_silence(self, now: float) -> None:
        """Queue again, once, the jobs that nobody seems to have; end the replies that nobody has worked on for too long."""
        idle = self._silent(now, self._abandoned_s)
        quiet = [reply for reply in self._silent(now, UNBEGUN_S) if not reply.attempt or reply.last_event_at < now - self._abandoned_s / 2]
        self._repeated &= self._projection.open_replies.keys()
        if not quiet and not idle:
            return
        # While the queue holds jobs that are ready, silence may just be the queue's length.
        depth = next((queue.depth for queue in await self._broker.queue_states() if queue.name == WORK_QUEUE), 0)
        abandoned = [reply for reply in idle if not depth or reply.last_event_at < now - GIVE_UP_S]
        if not depth and not self._replaced:
            await self._queue_again([reply for reply in quiet if reply.job.reply_id not in self._repeated and reply not in abandoned])
        for reply in abandoned:
            log.warning("watchdog.abandoned", reply_id=reply.job.reply_id)
        ends = [log_codec.encode(reply.failed(timestamps.now(), failures.ABANDONED)) for reply in abandoned]
        await asyncio.gather(*(self._broker.submit(RoutingKey.EVENT, [end]) for end in ends))

    def _silent(self, now: float, seconds: float) -> list[OpenReply]:
        """The replies without an event for so long; none where this node has not been reading for as long itself."""
        return self._projection.idle_since(now - seconds) if self._watching_since <= now - seconds else []

    async def _queue_again(self, replies: list[OpenReply]) -> None:
        """Queue these replies' jobs. One that somebody is at takes no harm: whoever gets it looks in the log how far it is."""
        if replies:
            log.warning("watchdog.queued_again", replies=len(replies))
        await asyncio.gather(*(self._broker.submit(RoutingKey.WORK, [reply.line]) for reply in replies))
        self._repeated |= {reply.job.reply_id for reply in replies}
