"""The load of streamed replies: closed loop (as many as get done) and open loop (at a given rate, whatever the target makes of it)."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.bench.websocket_frames import Socket, frames, message_in

TEXT = "How does a message get from here to there and back again?"
WARM_S = 1.5  # before measuring: connections, caches and plans settle
STRAGGLER_S = 20  # for what is still open when the time is over; a target that is overrun does not end
LOOKED_AT = 16  # of so many sockets one has each of its frames read; of the others the parts are counted
# Of one length, so that what is carried from piece to piece holds neither whole and nothing counts twice.
DELTA, COMPLETE, FAILED = b'"reply.delta"', b'"reply.comple', b'"reply.failed'


@dataclass
class Seen:
    """What all sockets saw together; times in seconds, from when a message was due."""

    ended: list[tuple[float, float, float]] = field(default_factory=list)  # when; to the first part, to the end
    delays: list[tuple[float, float]] = field(default_factory=list)  # when; from a part's own timestamp to its arrival
    parts: int = 0


class ReplyClient(Socket):
    """Sends a message when one is due, one at a time, and watches its reply's parts arrive.

    What is due while a reply is still open is sent behind it, and its time counts from when it was due: a target that holds the
    client up can't hide that (coordinated omission).
    """

    def __init__(self, seen: Seen, scenario: str, parts: int, on_end: Callable[["ReplyClient"], None], *, looked_at: bool) -> None:
        super().__init__()
        self._seen, self._scenario, self._expected = seen, scenario, parts
        self._on_end = on_end
        self._looked_at = looked_at
        self._buffer = bytearray()
        self._tail = b""
        self._due: deque[float] = deque()
        self._parts = 0
        self._first_at = 0.0

    @property
    def unanswered(self) -> int:
        """Messages that were due and whose replies have not ended."""
        return len(self._due)

    def request(self, due: float) -> None:
        """A message is due at this moment of the performance counter."""
        self._due.append(due)
        if len(self._due) == 1:
            self._send()

    def _send(self) -> None:
        self._parts, self._first_at = 0, 0.0
        # A conversation of its own: the pipeline would rightly make it wait for an earlier one of the same conversation.
        self.transport.write(message_in(str(uuid4()), TEXT, scenario=self._scenario)[1])

    def on_data(self, data: bytes) -> None:
        if self._looked_at:
            self._buffer += data
            for _, payload in frames(self._buffer):
                if DELTA in payload:
                    written = datetime.fromisoformat(json.loads(payload)["at"]).timestamp()
                    self._seen.delays.append((time.perf_counter(), time.time() - written))
        received = self._tail + data
        self._tail = received[1 - len(DELTA) :]
        if count := received.count(DELTA):
            self._first_at = self._first_at or time.perf_counter()
            self._parts += count
            self._seen.parts += count
        if COMPLETE in received:
            self._ended()
        if FAILED in received:
            raise RuntimeError(received.decode("utf-8", "replace"))

    def _ended(self) -> None:
        if self._parts != self._expected:
            raise RuntimeError(f"{self._parts} parts of {self._expected} came before the end")
        now, due = time.perf_counter(), self._due.popleft()
        self._seen.ended.append((now, self._first_at - due, now - due))
        if self._due:
            self._send()
        self._on_end(self)


async def closed_replies(
    connect: Callable[[list[ReplyClient]], Any], mark: Callable[[str], None], sockets: int, seconds: float, scenario: str, parts: int
) -> dict[str, Any]:
    """Closed loop: each socket asks for the next reply when it has one whole."""
    seen, going = Seen(), True

    def on_end(client: ReplyClient) -> None:
        if going:
            client.request(time.perf_counter())

    clients = [ReplyClient(seen, scenario, parts, on_end, looked_at=n % LOOKED_AT == 0) for n in range(sockets)]
    await connect(clients)
    for client in clients:
        client.request(time.perf_counter())
    await asyncio.sleep(WARM_S)
    mark("begin")
    before, begin = seen.parts, time.perf_counter()
    await asyncio.sleep(seconds)
    counted, end = seen.parts - before, time.perf_counter()
    going = False
    mark("end")
    await _all_ended(clients)
    return _summary(seen, counted, begin, end)


async def open_replies(
    connect: Callable[[list[ReplyClient]], Any],
    mark: Callable[[str], None],
    sockets: int,
    seconds: float,
    scenario: str,
    parts: int,
    rate: float,
) -> dict[str, Any]:
    """Open loop: `rate` messages a second are due at moments fixed beforehand, on one socket after the other.

    What is not over at the end counts with the time it has taken so far: `unfinished` says how many those are.
    """
    seen = Seen()
    clients = [ReplyClient(seen, scenario, parts, lambda client: None, looked_at=n % LOOKED_AT == 0) for n in range(sockets)]
    await connect(clients)
    began = time.perf_counter()
    begin = end = 0.0
    before = 0
    number = 0
    # A socket that is due again before its reply is over would wait for itself: few sockets begin over the time of one round.
    while not end:
        now = time.perf_counter()
        while (due := began + number / rate) <= now:
            clients[number % sockets].request(due)
            number += 1
        if not begin and now - began > 2 * WARM_S:
            mark("begin")
            before, begin = seen.parts, time.perf_counter()
        elif begin and now - begin > seconds:
            mark("end")
            counted, end = seen.parts - before, time.perf_counter()
        await asyncio.sleep(min(0.001, max(0.0, due - now)))
    unfinished = await _all_ended(clients, lost_is_an_error=False)
    return {**_summary(seen, counted, begin, end), "due": rate, "unfinished": unfinished}


async def _all_ended(clients: list[ReplyClient], *, lost_is_an_error: bool = True) -> int:
    deadline = time.perf_counter() + STRAGGLER_S
    while (left := sum(client.unanswered for client in clients)) and time.perf_counter() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    for client in clients:
        client.transport.abort()
    if left and lost_is_an_error:
        raise TimeoutError(f"{left} replies never ended")
    return left


def _summary(seen: Seen, counted: int, begin: float, end: float) -> dict[str, Any]:
    """Counts of the measured time, and the latencies in ms of replies that were due in it or ended in it."""
    ended = [entry for entry in seen.ended if begin <= entry[0] and entry[0] - entry[2] < end]
    return {
        "parts": counted,
        "replies": sum(begin <= entry[0] < end for entry in ended),
        "seconds": end - begin,
        "first_ms": _ms([entry[1] for entry in ended]),
        "whole_ms": _ms([entry[2] for entry in ended]),
        "part_ms": _ms([delay for at, delay in seen.delays if begin <= at < end]),
    }


def _ms(seconds: list[float]) -> dict[str, float]:
    values = sorted(value * 1000 for value in seconds) or [0.0]  # nothing ended in the time: the rate says so too
    return {name: values[min(len(values) - 1, int(len(values) * share))] for name, share in (("p50", 0.5), ("p99", 0.99))}
