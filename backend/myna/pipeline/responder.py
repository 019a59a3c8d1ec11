"""Consumes chat_queue: has a brain answer each job, publishes the replies' events to the log, then acks. It keeps no state.

A delivery is acked only after the last event of its replies is confirmed, so a responder may die at any moment: whoever
gets the delivery next reads in the log how far the replies got, and goes on at the next part.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from enum import Enum, auto
from typing import assert_never

import structlog

from myna.broker.port import Broker, Delivery
from myna.core.replies import OpenReply
from myna.mock_ai.port import Brain
from myna.pipeline.failpoints import failpoint
from myna.pipeline.manual_messages import read_manual_message
from myna.pipeline.manual_places import ManualPlaces
from myna.pipeline.reply_progress import ReplyProgress
from myna.pipeline.reply_publisher import ReplyPublisher
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.jobs import QueuedJob
from myna.protocol.topology import RoutingKey
from myna.telemetry.responder import ResponderMetrics

log = structlog.get_logger()

# After so many tries a delivery of several jobs is split into one for each, so that a job that kills responders fails alone.
SPLIT_AFTER_TRIES = 2
STOPS_KEPT = 10_000  # the newest stops, of replies that run here or may be about to
RETRY_S = 0.5  # the longest wait between the broker's return and the next try of what its loss interrupted
# A job published so long after it was written is a repetition: another responder may have answered it, or a part of it.
REPEATED_MS = 3_000


class Outcome(Enum):
    """How a delivery ends."""

    ACK = auto()  # its replies are in the log, or its jobs were published again
    REQUEUE = auto()  # answering failed: try again, up to the queue's delivery limit
    DEAD_LETTER = auto()  # not something that can be answered


class Responder:
    """One consumer of the work queue. Any number of them may run, in any number of processes."""

    def __init__(self, broker: Broker, brain: Brain, *, worker: str, prefetch: int) -> None:
        """`worker` names this process in `reply.started`; `prefetch` deliveries are worked on at once."""
        self.worker = worker
        self.metrics = ResponderMetrics()
        self.consuming = False
        self._broker = broker
        self._brain = brain
        self._prefetch = prefetch
        self._progress = ReplyProgress(broker)
        self._places = ManualPlaces(broker, brain)
        self._draining = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: OrderedDict[str, str] = OrderedDict()  # reply_id → the owner who stopped it, oldest first

    @property
    def open(self) -> int:
        """Replies being made."""
        return self.metrics.open

    @property
    def in_hand(self) -> int:
        """Deliveries being worked on."""
        return len(self._tasks)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What has to run, by name."""
        return {"responder": self.run, "stops": self.watch_stops}

    async def run(self) -> None:
        """Answer deliveries until the broker is lost (raises `BrokerUnavailable`) or the task is cancelled."""
        await self._broker.wait_up()
        try:
            async with aclosing(self._broker.consume(prefetch=self._prefetch)) as deliveries:
                self.consuming = True
                async for delivery in deliveries:
                    if self._draining.is_set():
                        await asyncio.Event().wait()  # leave it untouched: closing the consumer gives it back
                    task = asyncio.create_task(self._handle(delivery), name="delivery")
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            self.consuming = False
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def watch_stops(self) -> None:
        """Note which replies were stopped, so that no more of them is made. Raises `BrokerUnavailable`.

        Only saves work: readers of the log ignore what comes after a stop.
        """
        await self._broker.wait_up()
        async with aclosing(self._broker.stops()) as bodies:
            async for body in bodies:
                self._note_stops(body)

    def _note_stops(self, body: bytes) -> None:
        for line in body.split(b"\n"):
            if b'"stop.requested"' in line:
                with suppress(log_codec.Unreadable):
                    event = log_codec.read_line(line)
                    if isinstance(event, e.StopRequested):
                        self._stops[event.reply_id] = event.owner
        while len(self._stops) > STOPS_KEPT:
            self._stops.popitem(last=False)

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, and let what is open finish for so long. The rest goes back when `run` is cancelled."""
        self._draining.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _handle(self, delivery: Delivery) -> None:
        self.metrics.redelivered += delivery.redelivered
        outcome = await self._outcome(delivery)
        self.metrics.deliveries[(outcome.name.lower(),)] += 1
        match outcome:
            case Outcome.ACK:
                failpoint("reply.confirmed")
                await delivery.ack()
                failpoint("delivery.acked")
            case Outcome.REQUEUE:
                await delivery.requeue()
            case Outcome.DEAD_LETTER:
                log.warning("delivery.rejected", size=len(delivery.body))
                await delivery.reject()
            case _:
                assert_never(outcome)

    async def _outcome(self, delivery: Delivery) -> Outcome:
        retried = False
        while True:
            try:
                return await self._process(delivery, retried=retried)
            except BrokerUnavailable as error:
                log.debug("delivery.interrupted", reason=str(error))
            except Exception:
                log.exception("delivery.failed", tries=delivery.tries)
                return Outcome.REQUEUE
            # Kept and tried again here: giving it back would count as a try, and the broker's loss is not its fault.
            # If the delivery is lost too, `run` ends and cancels this.
            await self._broker.wait_up()
            await asyncio.sleep(random.uniform(0, RETRY_S))
            retried = True

    async def _process(self, delivery: Delivery, *, retried: bool) -> Outcome:
        lines = delivery.body.split(b"\n")
        try:
            jobs = [log_codec.read_job(line) for line in lines]
        except log_codec.Unreadable:
            return await self._accept_manual_message(delivery.body)
        if len(jobs) > 1 and delivery.tries > SPLIT_AFTER_TRIES:
            for line in lines:  # as it came: it may hold fields that this release does not know
                await self._broker.submit(RoutingKey.WORK, [line])
            return Outcome.ACK
        if retried or delivery.redelivered or _repeated(delivery, jobs):
            open_replies = await self._progress.progress(jobs)
        else:
            open_replies = {job.reply_id: OpenReply(job, e.BEGINNING, 0.0) for job in jobs}
        await self._answer_all([(job, open_replies[job.reply_id]) for job in jobs if job.reply_id in open_replies])
        return Outcome.ACK

    async def _accept_manual_message(self, body: bytes) -> Outcome:
        message = read_manual_message(body)
        if message is None:
            return Outcome.DEAD_LETTER
        await self._broker.submit(RoutingKey.MESSAGE, [log_codec.encode(await self._places.placed(message))])
        return Outcome.ACK

    async def _answer_all(self, jobs: Sequence[tuple[QueuedJob, OpenReply]]) -> None:
        """Make the replies to these jobs, each from where the log has it, side by side; returns when all are confirmed.

        Raises what stopped one, and then stops all.
        """
        if len(jobs) <= 1:
            for job, reply in jobs:
                await self._answer(job, reply)
            return
        # No task group: on Python 3.11 one that failed leaves its task marked as cancelled, as if it had been stopped from outside.
        answers = [asyncio.create_task(self._answer(job, reply)) for job, reply in jobs]
        try:
            await asyncio.wait(answers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            if left := [answer for answer in answers if not answer.done()]:
                for answer in left:
                    answer.cancel()
                await asyncio.wait(left)
            failed = [error for answer in answers if not answer.cancelled() and (error := answer.exception()) is not None]
        if failed:
            # A crash of the brain says more than the broker's absence.
            raise min(failed, key=lambda error: isinstance(error, BrokerUnavailable))

    async def _answer(self, job: QueuedJob, reply: OpenReply) -> None:
        self.metrics.open += 1
        try:
            publisher = ReplyPublisher(self._broker, self._brain, self.worker, job, reply, self.metrics)
            await publisher.run(lambda: self._stops.get(job.reply_id) == job.owner)
        finally:
            self.metrics.open -= 1


def _repeated(delivery: Delivery, jobs: Sequence[QueuedJob]) -> bool:
    if delivery.sent_at is None:
        return False
    sent_ms = delivery.sent_at.timestamp() * 1000
    return any(sent_ms - timestamps.milliseconds(job.at) > REPEATED_MS for job in jobs)
