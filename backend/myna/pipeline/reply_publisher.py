"""Publishes one reply to the log: its start, each part as the brain says it, and its end. It acks nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

from myna.broker.port import Broker
from myna.core.replies import OpenReply
from myna.mock_ai.port import Brain, End, Failure, HistoryMessage, Part, Prompt
from myna.pipeline import steps
from myna.pipeline.failpoints import failpoint
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.failures import label_of
from myna.protocol.jobs import JobOptions, QueuedJob
from myna.protocol.topology import RoutingKey
from myna.telemetry import tracing
from myna.telemetry.responder import ResponderMetrics

# Events of one reply on their way to the broker: a paragraph said at once, with its start and end. A brain that is faster waits until
# they are confirmed, so a slow broker slows the brain down instead of filling the memory.
MAX_UNCONFIRMED = 64
TOLD_HEADERS = ("user-agent", "x-stainless-")  # of a client of /v1: they stand in the log, so nothing that may hold a secret


class ReplyPublisher:
    """Makes and publishes one attempt at a reply.

    Events of one iteration of the event loop are handed to the broker together at its end. The rest is the broker's group
    commit: what is handed over while a publish is under way travels in the next one, and when a publish fails, everything
    behind it fails too. So a reply that is said at once costs one publish (up to `MAX_UNCONFIRMED` events), and a part
    waits for no other.
    """

    def __init__(self, broker: Broker, brain: Brain, worker: str, job: QueuedJob, reply: OpenReply, metrics: ResponderMetrics) -> None:
        """`reply` is what the log already holds of the reply to `job`: nothing on the first attempt. `worker` names this process."""
        self._metrics = metrics
        self._broker = broker
        self._brain = brain
        self._job = job
        self._worker = worker
        self._restarted = bool(reply.parts) and not brain.deterministic
        self._parts = [] if self._restarted else list(reply.parts)
        # Milliseconds since 1970. What an earlier attempt wrote down stays: people see one reply, however many made it.
        self._accepted_ms = timestamps.milliseconds(job.at)
        self._started_ms = timestamps.milliseconds(reply.started_at) if reply.started_at else timestamps.now_ms()
        self._first_part_ms = timestamps.milliseconds(reply.first_part_at) if reply.first_part_at else None
        self._common: dict[str, Any] = {
            "owner": job.owner,
            "conversation_id": job.conversation_id,
            "reply_id": job.reply_id,
            "message_id": job.message_id,
            "attempt": reply.attempt + 1,
        }
        self._part_lines: log_codec.PartLines | None = None  # from the first part on
        self._loop = asyncio.get_running_loop()
        self._span: tracing.Span | None = None
        self._buffer: list[bytes] = []  # events of this iteration of the event loop
        self._confirm: asyncio.Future[None] | None = None  # of the events handed over last; earlier ones are confirmed no later
        self._unconfirmed = 0  # events handed over, at most

    async def run(self, stopped: Callable[[], bool]) -> None:
        """Publish the reply and return when its last event is confirmed.

        Once `stopped()` is true it ends early and publishes no end: readers of the log derive the end from the stop.
        Raises `BrokerUnavailable` when an event was not confirmed; none is published after it, so the log has no gap.
        """
        if stopped():
            return
        self._span = tracing.begin("answer", "CONSUMER", self._job.traceparent, reply_id=self._job.reply_id)
        try:
            await self._run(stopped)
        except BaseException as error:  # a crash, or the process is about to end: another attempt has a span of its own
            tracing.end(self._span, type(error).__name__)
            raise
        tracing.end(self._span, attempt=self._common["attempt"], worker=self._worker)

    async def _run(self, stopped: Callable[[], bool]) -> None:
        prompt = prompt_of(self._job)
        start = e.ReplyStarted(
            **self._common, at=timestamps.now(), worker=self._worker, restarted=self._restarted or None,
            options=_shown_options(self._job.options), call=_call_of(prompt),
        )  # fmt: skip
        self._publish(log_codec.encode(start))
        self._note("reply.picked_up", worker=self._worker, queued_ms=max(0, self._started_ms - self._accepted_ms))
        failpoint("reply.started")
        async for step in self._brain.reply(prompt, start=len(self._parts)):
            if not self._buffer and stopped():  # within one iteration of the event loop nobody can have stopped it
                self._note_end("stopped", self._timings(timestamps.now_ms()))
                break
            self._publish(self._part(step) if type(step) is Part else self._end(step))
            failpoint("reply.part")
            if len(self._buffer) + self._unconfirmed >= MAX_UNCONFIRMED:
                await self._all_confirmed()
        await self._all_confirmed()

    def _note(self, step: str, **about: Any) -> None:
        if steps.are_written():
            job = self._job
            steps.write(step, job.message_id, job.reply_id, job.conversation_id, attempt=self._common["attempt"], **about)

    def _note_end(self, outcome: str, timings: e.Timings) -> None:
        self._metrics.ended(outcome, timings.queued_ms, timings.first_part_ms, timings.total_ms)
        self._note("reply.ended", outcome=outcome, parts=len(self._parts), total_ms=timings.total_ms)

    def _publish(self, line: bytes) -> None:
        if self._confirm is not None and self._confirm.done():
            self._confirm.result()  # raises where it failed: an event after a lost one would make a gap
            self._unconfirmed = 0
        if not self._buffer:
            self._loop.call_soon(self._hand_over)
        self._buffer.append(line)

    def _hand_over(self) -> None:
        confirm = self._confirm
        failed = confirm is not None and confirm.done() and (confirm.cancelled() or confirm.exception() is not None)
        if self._buffer and not failed:
            lines, self._buffer = self._buffer, []
            self._unconfirmed += len(lines)
            self._confirm = self._broker.submit(RoutingKey.EVENT, lines)

    async def _all_confirmed(self) -> None:
        self._hand_over()
        if self._confirm is not None:
            await self._confirm
            self._unconfirmed = 0

    def _part(self, part: Part) -> bytes:
        now_ms = timestamps.now_ms()
        if self._first_part_ms is None:
            self._first_part_ms = now_ms
            tracing.event(self._span, "first part")
            self._note("reply.first_part", first_part_ms=max(0, now_ms - self._started_ms))
        self._parts.append(part.text)
        at, index = timestamps.written(now_ms), len(self._parts) - 1
        if self._part_lines is not None:
            return self._part_lines.line(at, index, part.text)
        first = e.ReplyDelta(**self._common, at=at, index=index, text=part.text)
        line = log_codec.encode(first)
        self._part_lines = log_codec.PartLines(first, line)
        return line

    def _end(self, end: End | Failure) -> bytes:
        now_ms = timestamps.now_ms()
        at, timings = timestamps.written(now_ms), self._timings(now_ms)
        self._note_end(end.finish_reason if type(end) is End else label_of(end.code), timings)
        event: e.ReplyEnd
        if type(end) is End:
            event = e.ReplyCompleted(
                **self._common, at=at, parts=len(self._parts), text="".join(self._parts), finish_reason=end.finish_reason, timings=timings,
                rule=end.rule,
            )  # fmt: skip
        else:
            event = e.ReplyFailed(
                **self._common, at=at, code=end.code, detail=end.detail, retryable=end.retryable, status=end.status,
                retry_after_s=end.retry_after_s, rule=end.rule, timings=timings,
            )  # fmt: skip
        return log_codec.encode(event)

    def _timings(self, now_ms: int) -> e.Timings:
        return e.Timings(
            queued_ms=max(0, self._started_ms - self._accepted_ms),
            first_part_ms=None if self._first_part_ms is None else max(0, self._first_part_ms - self._started_ms),
            total_ms=max(0, now_ms - self._accepted_ms),
        )


def _shown_options(options: e.Options | None) -> e.Options | None:
    """Without what only the brain reads; None where nothing was chosen."""
    if options is None or (options.profile, options.seed, options.scenario) == (None, None, None):
        return None
    return e.Options(options.profile, options.seed, options.scenario)


def _call_of(prompt: Prompt) -> e.Call | None:
    if not prompt.model:
        return None
    return e.Call(prompt.model, {name: value for name, value in prompt.headers.items() if name.startswith(TOLD_HEADERS)})


def prompt_of(job: QueuedJob) -> Prompt:
    """What the brain is given of a job."""
    options = job.options or JobOptions()
    history = tuple(HistoryMessage(item.role, item.text) for item in job.history)
    prompt = Prompt(job.id, job.text, options.profile, options.seed, options.scenario, history, turn=job.turn)
    return prompt if options.request is None else prompt.with_request(options.request)
