"""Route: how far replies got before, for a responder that is given work again. It reads the log, never writes events.

One scan serves all that ask while it runs or waits to run: after a responder's death hundreds of deliveries come back
at once, and each would otherwise read the same stretch of the log.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from myna.broker.port import Broker
from myna.core.replies import OpenReply
from myna.protocol import events as e
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey

# The order's stamp is its gateway's clock, the log's place is found by the broker's: reading from a bit earlier forgives both.
CLOCKS_S = 10
# The mark that ends a scan was confirmed before it began; where nothing at all comes for so long, it was in another log.
SILENCE_S = 10


class ReplyProgress:
    """Finds the progress of replies in the log."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._wanted: list[tuple[Sequence[e.Job], asyncio.Future[dict[str, OpenReply]]]] = []
        self._scanning: asyncio.Task[None] | None = None

    async def progress(self, jobs: Sequence[e.Job]) -> dict[str, OpenReply]:
        """The replies to these orders as the log has them now, by reply_id; one that has ended is left out.

        Raises `BrokerUnavailable`.
        """
        future: asyncio.Future[dict[str, OpenReply]] = asyncio.get_running_loop().create_future()
        self._wanted.append((jobs, future))
        if self._scanning is None:
            self._scanning = asyncio.create_task(self._scan_all(), name="recall")
        return await future

    async def _scan_all(self) -> None:
        try:
            while self._wanted:
                asked, self._wanted = self._wanted, []
                try:
                    found = await self._scan([job for jobs, _ in asked for job in jobs])
                except (Exception, asyncio.CancelledError) as error:
                    # Whatever ends a scan, those who wait for it hear of it.
                    trouble = error if isinstance(error, Exception) else BrokerUnavailable("Reading the log was cancelled.")
                    for _, future in asked:
                        if not future.done():
                            future.set_exception(trouble)
                    if trouble is not error:
                        raise
                    continue
                for _, future in asked:
                    if not future.done():
                        future.set_result(found)
        finally:
            self._scanning = None

    async def _scan(self, jobs: Sequence[e.Job]) -> dict[str, OpenReply]:
        replies = {job.reply_id: OpenReply(job, e.BEGINNING, 0.0) for job in jobs}
        nonce = str(uuid4())
        await self._broker.submit(RoutingKey.EVENT, [e.encode(e.LogMark(nonce=nonce))])
        first = min(datetime.fromisoformat(job.at) for job in jobs)
        begun: set[str] = set()
        async with aclosing(self._broker.log(min(first, datetime.now(UTC)) - timedelta(seconds=CLOCKS_S))) as log:
            while True:
                try:
                    records = await asyncio.wait_for(anext(log), SILENCE_S)
                except TimeoutError:
                    raise BrokerUnavailable("The log was replaced while it was read.") from None
                for record in records:
                    for line in record.body.split(b"\n"):
                        if _reply_id(line) in replies:
                            _learn(replies, begun, line)
                    if nonce.encode() in record.body:
                        return replies


def _reply_id(line: bytes) -> str:
    at = line.find(b'"reply_id":"') + 12
    return line[at : at + 36].decode("ascii", "replace")


def _learn(replies: dict[str, OpenReply], begun: set[str], line: bytes) -> None:
    """As the timeline does it: what the log says of a reply counts from its request on, by the same rules."""
    try:
        event = e.read_line(line)
    except e.Unreadable:
        return  # somebody else's hand
    if isinstance(event, e.Job):
        begun.add(event.reply_id)
    if not isinstance(event, e.OfReply) or event.reply_id not in begun or event.reply_id not in replies:
        return
    reply = replies[event.reply_id]
    if not reply.is_meant_by(event):
        return
    if isinstance(event, e.StopRequested) or (isinstance(event, e.ReplyEnd) and reply.ends(event)):
        del replies[event.reply_id]
    elif isinstance(event, e.ReplyStarted):
        reply.start(event)
    elif isinstance(event, e.ReplyDelta):
        reply.add(event)
