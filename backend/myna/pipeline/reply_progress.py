"""Reads in the log how far replies got, for a responder that is given their jobs again.

One read of the log serves all requests that arrive while it runs or waits to run: when a responder dies, hundreds of
deliveries come back at once, and each of them would otherwise read the same stretch of the log.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import NamedTuple

from myna.broker.port import Broker
from myna.core.replies import OpenReply
from myna.pipeline.log_until_now import log_until_now
from myna.protocol import events as e
from myna.protocol import log_codec, timestamps
from myna.protocol.errors import BrokerUnavailable

# A job is stamped by its node's clock and its place in the log is found by the broker's: begin earlier by more than they differ.
CLOCK_DIFFERENCE_MS = 10_000


class _Request(NamedTuple):
    jobs: Sequence[e.Job]
    result: asyncio.Future[dict[str, OpenReply]]


class ReplyProgress:
    """Finds the progress of replies in the log."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._requests: list[_Request] = []
        self._reading: asyncio.Task[None] | None = None

    async def progress(self, jobs: Sequence[e.Job]) -> dict[str, OpenReply]:
        """The replies to these jobs as the log has them now, by reply_id; a reply that has ended is left out.

        Raises `BrokerUnavailable`.
        """
        request = _Request(jobs, asyncio.get_running_loop().create_future())
        self._requests.append(request)
        if self._reading is None:
            self._reading = asyncio.create_task(self._serve(), name="reply-progress")
        return await request.result

    async def _serve(self) -> None:
        requests: list[_Request] = []
        try:
            while self._requests:
                requests, self._requests = self._requests, []
                await self._answer(requests)
        finally:
            # However this ends, a cancellation included: nobody waits for ever.
            _fail([*requests, *self._requests], BrokerUnavailable("Reading the log was interrupted."))
            self._requests, self._reading = [], None

    async def _answer(self, requests: Sequence[_Request]) -> None:
        try:
            found = await self._read([job for request in requests for job in request.jobs])
        except BrokerUnavailable as error:
            _fail(requests, error)
        except Exception as error:
            if len(requests) == 1:
                _fail(requests, error)
                return
            # One of the jobs is the reason. Each request is read for by itself, so that it fails nobody else's.
            for request in requests:
                await self._answer([request])
        else:
            for request in requests:
                if not request.result.done():  # whoever asked may have been cancelled meanwhile
                    request.result.set_result({job.reply_id: found[job.reply_id] for job in request.jobs if job.reply_id in found})

    async def _read(self, jobs: Sequence[e.Job]) -> dict[str, OpenReply]:
        replies = {job.reply_id: OpenReply(job, e.BEGINNING, 0.0) for job in jobs}
        requested: set[str] = set()
        async with aclosing(log_until_now(self._broker, _read_from(jobs))) as records:
            async for record in records:
                for line in record.body.split(b"\n"):
                    if _reply_id(line) in replies:
                        _apply(line, replies, requested)
        return replies


def _fail(requests: Sequence[_Request], error: Exception) -> None:
    for request in requests:
        if not request.result.done():
            request.result.set_exception(error)


def _read_from(jobs: Sequence[e.Job]) -> datetime:
    first_ms = min(timestamps.now_ms(), *(timestamps.milliseconds(job.at) for job in jobs))
    return timestamps.from_ms(max(0, first_ms - CLOCK_DIFFERENCE_MS))  # no broker knows a time before 1970


def _reply_id(line: bytes) -> str:
    """The reply that a line may be about, without decoding the line; whatever it returns for other lines is no reply's id."""
    at = line.find(b'"reply_id":"') + 12
    return line[at : at + 36].decode("ascii", "replace")


def _apply(line: bytes, replies: dict[str, OpenReply], requested: set[str]) -> None:
    """Apply one event as the projection does: an event of a reply counts from the reply's request on, by the same rules.

    `replies` loses a reply that ends; `requested` gains one whose request was read.
    """
    try:
        event = log_codec.read_line(line)
    except log_codec.Unreadable:
        return
    if isinstance(event, e.Job):
        requested.add(event.reply_id)
    if not isinstance(event, e.ReplyEvent) or event.reply_id not in requested or event.reply_id not in replies:
        return
    reply = replies[event.reply_id]
    if not reply.matches(event):
        return
    if isinstance(event, e.StopRequested) or (isinstance(event, e.ReplyEnd) and reply.ends(event)):
        del replies[event.reply_id]
    elif isinstance(event, e.ReplyStarted):
        reply.start(event)
    elif isinstance(event, e.ReplyDelta):
        reply.add(event)
