"""Route: one reply being made — what the brain says, as events in the log, in order and without a gap. It acks nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

from myna.broker.port import Broker
from myna.core.replies import OpenReply
from myna.mock_ai.port import Brain, End, Failure, Part, Prompt
from myna.pipeline.failpoints import failpoint
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.topology import RoutingKey

# A brain that never waits is made to: so many lines at once, and on when they are confirmed.
BURST_LINES = 32


class ReplyPublisher:
    """One reply being made.

    What is said in one turn of the loop, or while the burst before is on its way, is published as one burst. So a whole
    reply said at once costs one publish, and a slow broker slows the brain down instead of filling the memory.
    """

    def __init__(self, broker: Broker, brain: Brain, worker: str, reply: OpenReply) -> None:
        job = reply.job
        self._broker = broker
        self._brain = brain
        self._reply = reply
        self._worker = worker
        self._attempt = reply.attempt + 1
        self._restarted = bool(reply.parts) and not brain.deterministic
        self._parts = [] if self._restarted else list(reply.parts)
        self._asked = timestamps.milliseconds(job.at)
        # Of a reply that goes on after a crash: when it was first picked up and first spoke.
        self._picked = timestamps.milliseconds(reply.started_at) if reply.started_at else timestamps.now_ms()
        self._first = timestamps.milliseconds(reply.first_part_at) if reply.first_part_at else None
        self._about: dict[str, Any] = {
            "owner": job.owner,
            "conversation_id": job.conversation_id,
            "reply_id": job.reply_id,
            "message_id": job.message_id,
            "attempt": self._attempt,
        }
        self._loop = asyncio.get_running_loop()
        self._said: list[bytes] = []  # lines not handed over yet
        self._burst: asyncio.Future[None] | None = None  # done when the last burst handed over is confirmed

    async def run(self, stopped: Callable[[], bool]) -> None:
        """Publish start, parts and end; returns when the last is confirmed. A stop ends it early, without a word:
        the log's readers have derived the end from the stop itself. Raises `BrokerUnavailable`."""
        if stopped():
            return
        job, options = self._reply.job, self._reply.job.options or e.Options()
        prompt = Prompt(job.id, job.text, options.profile, options.seed, options.scenario)
        self._publish(e.ReplyStarted(**self._about, at=timestamps.now(), worker=self._worker, restarted=self._restarted or None))
        failpoint("reply.started")
        async for said in self._brain.reply(prompt, start=len(self._parts)):
            if stopped():
                break
            self._say(said)
            failpoint("reply.part")
            if len(self._said) >= BURST_LINES:
                await self._confirmed()
        await self._confirmed()

    def _say(self, said: Part | End | Failure) -> None:
        at = timestamps.now()
        if isinstance(said, Part):
            if self._first is None:
                self._first = timestamps.now_ms()
            self._publish(e.ReplyDelta(**self._about, at=at, index=len(self._parts), text=said.text))
            self._parts.append(said.text)
        elif isinstance(said, Failure):
            self._publish(e.ReplyFailed(**self._about, at=at, code=said.code, detail=said.detail, retryable=said.retryable))
        else:
            text = "".join(self._parts)
            self._publish(
                e.ReplyCompleted(
                    **self._about, at=at, parts=len(self._parts), text=text, finish_reason=said.finish_reason, timings=self._timings()
                )
            )

    def _timings(self) -> e.Timings:
        return e.Timings(
            queued_ms=max(0, self._picked - self._asked),
            first_part_ms=None if self._first is None else max(0, self._first - self._picked),
            total_ms=max(0, timestamps.now_ms() - self._asked),
        )

    def _publish(self, event: e.Event) -> None:
        if self._burst is not None and self._burst.done():
            self._burst.result()  # had it failed, this line would make a gap
        self._said.append(e.encode(event))
        if len(self._said) == 1:
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        if not self._said or (self._burst is not None and (not self._burst.done() or self._burst.exception() is not None)):
            return
        lines, self._said = self._said, []
        self._burst = self._broker.submit(RoutingKey.EVENT, lines)
        self._burst.add_done_callback(self._burst_done)

    def _burst_done(self, burst: "asyncio.Future[None]") -> None:
        if not burst.cancelled():
            self._hand_over()

    async def _confirmed(self) -> None:
        """Return when all that was said is confirmed."""
        self._hand_over()
        while self._burst is not None:
            burst = self._burst
            await burst
            self._hand_over()
            if self._burst is burst:
                return
