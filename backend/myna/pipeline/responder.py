"""Route: takes work from chat_queue, lets a brain answer it, publishes the answer's events, then acks. It keeps no state.

A delivery is acked only after the confirm of its replies' last events; so a responder may die anywhere. Whoever gets
the work again reads in the log how far the reply got and goes on at the next part.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing, suppress

import structlog

from myna.broker.port import Broker, Delivery
from myna.core.replies import OpenReply
from myna.mock_ai.port import Brain
from myna.pipeline.failpoints import failpoint
from myna.pipeline.manual_messages import from_hand
from myna.pipeline.reply_progress import ReplyProgress
from myna.pipeline.reply_publisher import ReplyPublisher
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey

log = structlog.get_logger()

# From its third try on, a delivery with several orders is taken apart, so that one that kills responders dies alone.
APART_AFTER = 2
STOPS_KEPT = 10_000
RETRY_S = 0.5  # at most, between the broker's return and the next try of what it interrupted
# An order published so long after it was written is a repetition: somebody may have answered it, or some of it.
REPEATED_MS = 3_000


class Responder:
    """One worker; as many as wanted may run anywhere."""

    def __init__(self, broker: Broker, brain: Brain, *, worker: str, prefetch: int) -> None:
        self.worker = worker
        self.open = 0
        self.consuming = False
        self._broker = broker
        self._brain = brain
        self._prefetch = prefetch
        self._progress = ReplyProgress(broker)
        self._draining = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: OrderedDict[str, str] = OrderedDict()  # by reply_id: the owner who stopped it

    async def run(self) -> None:
        """Work until the broker is lost (raises) or the task is cancelled."""
        await self._broker.wait_up()
        try:
            async with aclosing(self._broker.consume(prefetch=self._prefetch)) as deliveries:
                self.consuming = True
                async for delivery in deliveries:
                    if self._draining.is_set():
                        await asyncio.Event().wait()  # hold it, untouched; closing gives it back
                    task = asyncio.create_task(self._handle(delivery), name="delivery")
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            self.consuming = False
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def watch_stops(self) -> None:
        """Hear of stops early; without it a stopped reply would only be made for nobody."""
        await self._broker.wait_up()
        async with aclosing(self._broker.stops()) as bodies:
            async for body in bodies:
                self._note_stops(body)

    def _note_stops(self, body: bytes) -> None:
        for line in body.split(b"\n"):
            if b'"stop.requested"' in line:
                with suppress(e.Unreadable):  # somebody else's hand
                    event = e.read_line(line)
                    if isinstance(event, e.StopRequested):
                        self._stops[event.reply_id] = event.owner
        while len(self._stops) > STOPS_KEPT:
            self._stops.popitem(last=False)

    async def drain(self, seconds: float) -> None:
        """Take nothing new; let what is open finish for so long. What is left then goes back when `run` is cancelled."""
        self._draining.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _handle(self, delivery: Delivery) -> None:
        tried = False
        while True:
            try:
                await self._answer_all(delivery, tried=tried)
                return
            except BrokerUnavailable as error:
                log.debug("responder.interrupted", reason=str(error))
            except Exception:
                log.exception("responder.crashed", tries=delivery.tries)
                await delivery.requeue()
                return
            # It is held and tried again: to give it back would count as a try, and the order is not to blame for its broker.
            # If the delivery is lost too, `run` ends and cancels this.
            await self._broker.wait_up()
            await asyncio.sleep(random.uniform(0, RETRY_S))
            tried = True

    async def _answer_all(self, delivery: Delivery, *, tried: bool) -> None:
        try:
            jobs = [e.read_job(line) for line in delivery.body.split(b"\n")]
        except e.Unreadable:
            await self._not_an_order(delivery)
            return
        if len(jobs) > 1 and delivery.tries > APART_AFTER:
            for job in jobs:
                await self._broker.submit(RoutingKey.WORK, [e.encode(job)])
            await delivery.ack()
            return
        if tried or delivery.redelivered or _repeated(delivery, jobs):
            known = await self._progress.progress(jobs)
            replies = [known[job.reply_id] for job in jobs if job.reply_id in known]
        else:
            replies = [OpenReply(job, e.BEGINNING, 0.0) for job in jobs]
        if len(replies) == 1:
            await self._answer(replies[0])
        elif replies:
            await self._answer_together(replies)
        failpoint("reply.confirmed")
        await delivery.ack()
        failpoint("delivery.acked")

    async def _answer_together(self, replies: Sequence[OpenReply]) -> None:
        # No task group: one that failed leaves its task marked as cancelled on Python 3.11, as if somebody had stopped it.
        answers = [asyncio.create_task(self._answer(reply), name="answer") for reply in replies]
        try:
            await asyncio.wait(answers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for answer in answers:
                answer.cancel()
            results = await asyncio.gather(*answers, return_exceptions=True)
        if failed := [result for result in results if isinstance(result, Exception)]:
            # A crash of the brain tells more than the broker's absence.
            raise min(failed, key=lambda error: isinstance(error, BrokerUnavailable))

    async def _not_an_order(self, delivery: Delivery) -> None:
        message = from_hand(delivery.body)
        if message is None:
            log.warning("responder.parked", size=len(delivery.body))
            await delivery.reject()
            return
        await self._broker.submit(RoutingKey.MESSAGE, [e.encode(message)])
        await delivery.ack()

    def _stopped(self, job: e.Job) -> bool:
        return self._stops.get(job.reply_id) == job.owner

    async def _answer(self, reply: OpenReply) -> None:
        self.open += 1
        try:
            await ReplyPublisher(self._broker, self._brain, self.worker, reply).run(lambda: self._stopped(reply.job))
        finally:
            self.open -= 1


def _repeated(delivery: Delivery, jobs: Sequence[e.Job]) -> bool:
    if delivery.sent_at is None:
        return False
    sent_ms = delivery.sent_at.timestamp() * 1000
    return any(sent_ms - timestamps.milliseconds(job.at) > REPEATED_MS for job in jobs)
