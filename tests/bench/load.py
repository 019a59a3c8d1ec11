"""The load generator: a process of its own that does one kind of load on nodes' URLs and prints what it saw as JSON.

`python -m tests.bench.load '{"kind": "turns", "urls": ["http://…"], "sockets": 50, "seconds": 5}'`. It prints `begin` and `end` on
lines of their own around what is measured, so that whoever started it can read the processors' clocks at the same moments.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import uvloop

from myna.client.place import Place
from tests.bench import streamed_load
from tests.bench.websocket_frames import CLOSE, PING, PONG, Socket, frames, message_in

TEXT = "How does a message get from here to there and back again?"
WARM_S = 1.5  # before measuring: connections, caches and plans settle
STRAGGLER_S = 30  # for what is still open when the time is over
CONNECT_AT_ONCE = 50
LAST_S = 0.3  # after the end: this process's clock is read too, and it has to be there
ACCEPTED, COMPLETED, FAILED = b'"message.accepted"', b'"reply.completed"', b'"reply.failed"'
# Of one length, so that what is carried from piece to piece holds neither whole and nothing counts twice.
DELTA, COMPLETE = b'"reply.delta"', b'"reply.comple'


class TurnClient(Socket):
    """Sends a message, waits until it is accepted and its reply completed, and tells; never two in flight."""

    def __init__(self, on_completed: Callable[["TurnClient"], None], **options: object) -> None:
        super().__init__()
        self._on_completed = on_completed
        self._options = options
        self._conversation = str(uuid4())
        self._id = b""
        self._received = bytearray()
        self.sent_at = self.accepted_at = self.completed_at = 0.0
        self.errors = 0

    def send(self) -> None:
        self._id, frame = message_in(self._conversation, TEXT, **self._options)
        self.accepted_at = self.completed_at = 0.0
        self._received.clear()
        self.sent_at = time.perf_counter()
        self.transport.write(frame)

    def on_data(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self.accepted_at and (at := received.find(ACCEPTED)) >= 0 and received.find(self._id, at) >= 0:
            self.accepted_at = time.perf_counter()
        if not self.completed_at and (at := received.find(COMPLETED)) >= 0 and received.find(self._id, at) >= 0:
            self.completed_at = time.perf_counter()
        if self.accepted_at and self.completed_at:
            received.clear()
            self._id = b"?"
            self.accepted_at = min(self.accepted_at, self.completed_at)
            self._on_completed(self)
        elif b'"type":"error"' in received or FAILED in received:
            self.errors += 1
            raise RuntimeError(received.decode("utf-8", "replace"))


async def connect(sockets: Sequence[Socket], urls: list[str]) -> None:
    """Open all of them, each on the next of the URLs, so many at once."""
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)

    async def one(number: int, socket: Socket) -> None:
        async with gate:
            await socket.open(urls[number % len(urls)])

    await asyncio.gather(*(one(number, socket) for number, socket in enumerate(sockets)))


def mark(word: str) -> None:
    print(word, flush=True)


async def turns(urls: list[str], sockets: int, seconds: float, **options: object) -> dict[str, Any]:
    """Closed loop: as many turns as `sockets` clients, spread over the URLs, get done; latencies in ms."""
    done: list[tuple[float, float, float]] = []
    going = True

    def on_completed(client: TurnClient) -> None:
        done.append((client.completed_at, client.completed_at - client.accepted_at, client.completed_at - client.sent_at))
        if going:
            client.send()

    clients = [TurnClient(on_completed, **options) for _ in range(sockets)]
    await connect(clients, urls)
    for client in clients:
        client.send()
    await asyncio.sleep(WARM_S)
    mark("begin")
    begin = time.perf_counter()
    await asyncio.sleep(seconds)
    end = time.perf_counter()
    going = False
    mark("end")
    measured = [entry for entry in done if begin <= entry[0] < end]
    await _finished(clients, done)
    return {"turns": len(measured), "seconds": end - begin, "answer_ms": _ms(measured, 1), "whole_ms": _ms(measured, 2)}


async def _finished(clients: list[TurnClient], done: list[Any]) -> None:
    """Every message has its answer: none may be lost, also not when the time is over."""
    deadline = time.perf_counter() + STRAGGLER_S
    while any(not client.completed_at or not client.accepted_at for client in clients):
        if time.perf_counter() > deadline:
            raise TimeoutError(f"{sum(not client.completed_at for client in clients)} of {len(clients)} messages were never answered")
        await asyncio.sleep(0.05)
    for client in clients:
        client.transport.abort()


async def spaced(urls: list[str], sockets: int, seconds: float) -> dict[str, Any]:
    """Low load: one message at a time over all sockets, with a short pause of changing length after each."""
    done: list[tuple[float, float, float]] = []
    turn = asyncio.Event()

    def on_completed(client: TurnClient) -> None:
        done.append((client.completed_at, client.completed_at - client.accepted_at, client.completed_at - client.sent_at))
        turn.set()

    clients = [TurnClient(on_completed) for _ in range(sockets)]
    await connect(clients, urls)
    begin = end = 0.0
    began = time.perf_counter()
    number = 0
    while not begin or time.perf_counter() < end:
        if not begin and time.perf_counter() - began > WARM_S:
            mark("begin")
            begin = time.perf_counter()
            end = begin + seconds
        turn.clear()
        clients[number % sockets].send()
        number += 1
        await asyncio.wait_for(turn.wait(), STRAGGLER_S)
        await asyncio.sleep(random.uniform(0.002, 0.006))
    mark("end")
    measured = [entry for entry in done if entry[0] >= begin]
    for client in clients:
        client.transport.abort()
    return {"turns": len(measured), "seconds": end - begin, "answer_ms": _ms(measured, 1), "whole_ms": _ms(measured, 2)}


def _ms(entries: list[tuple[float, float, float]], column: int) -> dict[str, float]:
    values = sorted(entry[column] * 1000 for entry in entries) or [0.0]  # nothing ended in the time: the rate says so too
    return {name: values[min(len(values) - 1, int(len(values) * share))] for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


class StreamClient(Socket):
    """Asks for a long reply, counts its parts as they come, and asks again when it is complete."""

    def __init__(self, scenario: str) -> None:
        super().__init__()
        self._scenario = scenario
        self._conversation = str(uuid4())
        self._tail = b""
        self.parts = self.bytes = 0
        self.going = True

    def request(self) -> None:
        self.transport.write(message_in(self._conversation, TEXT, scenario=self._scenario)[1])

    def on_data(self, data: bytes) -> None:
        self.bytes += len(data)
        received = self._tail + data
        self._tail = received[1 - len(DELTA) :]
        self.parts += received.count(DELTA)
        if COMPLETE in received and self.going:
            self.request()
        if FAILED in received:
            raise RuntimeError(received.decode("utf-8", "replace"))


async def stream(urls: list[str], sockets: int, seconds: float, scenario: str) -> dict[str, Any]:
    """All sockets ask for a long reply again and again: the parts that arrive."""
    clients = [StreamClient(scenario) for _ in range(sockets)]
    await connect(clients, urls)
    for client in clients:
        client.request()
    await asyncio.sleep(2 * WARM_S)
    mark("begin")
    before, begin = sum(client.parts for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    parts, end = sum(client.parts for client in clients) - before, time.perf_counter()
    mark("end")
    least = min(client.parts for client in clients)
    for client in clients:
        client.going = False
        client.transport.abort()
    return {"parts": parts, "seconds": end - begin, "least_of_one_socket": least}


async def replies(urls: list[str], **options: Any) -> dict[str, Any]:
    """Streamed replies; with a `rate` in open loop."""
    one = streamed_load.open_replies if "rate" in options else streamed_load.closed_replies
    return await one(lambda clients: connect(clients, urls), mark, **options)


async def idle(urls: list[str], sockets: int, seconds: float) -> dict[str, Any]:
    """Sockets that say nothing but pongs; held between `begin` and `end`."""

    class Idler(Socket):
        def on_data(self, data: bytes) -> None:
            if data[0] == PING:
                self.transport.write(PONG)

    idlers = [Idler() for _ in range(sockets)]
    began = time.perf_counter()
    await connect(idlers, urls)
    connected_s = time.perf_counter() - began
    await asyncio.sleep(2)
    mark("begin")
    await asyncio.sleep(seconds)
    mark("end")
    await asyncio.sleep(1)  # while who started us measures
    held = sum(not idler.closed.is_set() for idler in idlers)
    for idler in idlers:
        idler.transport.abort()
    return {"held": held, "connected_s": connected_s}


class ResumingClient(Socket):
    """One life of a client that is cut off and comes back: keeps every frame, and its place in the log."""

    def __init__(self, before: "ResumingClient | None" = None) -> None:
        super().__init__()
        self._buffer = bytearray()
        self.token: str | None = before.token if before else None
        self.place: Place = before.place if before else Place()
        self.indexes: list[int] = before.indexes if before else []
        self.ended: int = before.ended if before else 0
        self.welcome_at = 0.0
        self.resumed = False

    def on_data(self, data: bytes) -> None:
        self._buffer += data
        for first, payload in frames(self._buffer):
            if first == PING:
                self.transport.write(PONG)
            elif first != CLOSE:
                self._handle(json.loads(payload))

    def _handle(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.welcome_at = time.perf_counter()
            self.token = frame.get("token") or self.token
            self.resumed = frame["resumed"]
        self.place.seen(frame)
        if frame["type"] == "reply.delta":
            self.indexes.append(frame["index"])
        elif frame["type"] == "reply.completed":
            self.ended += 1
            if self.indexes != list(range(frame["parts"])):
                raise RuntimeError(f"parts lost or repeated: {self.indexes} of {frame['parts']}")


async def storm(urls: list[str], sockets: int, seconds: float, scenario: str) -> dict[str, Any]:
    """Everybody is in the middle of a reply, loses the connection at once and comes back at once."""
    first = [ResumingClient() for _ in range(sockets)]
    await connect(first, urls)
    await _until(lambda: all(one.welcome_at for one in first))
    for one in first:
        one.transport.write(message_in(str(uuid4()), TEXT, scenario=scenario)[1])
    await asyncio.sleep(seconds)
    in_reply = sum(len(one.indexes) > 0 and not one.ended for one in first)
    for one in first:
        one.transport.abort()
    await asyncio.sleep(0.2)
    mark("begin")
    began = time.perf_counter()
    second = [ResumingClient(one) for one in first]
    await asyncio.gather(*(one.open(urls[0], token=one.token, place=one.place) for one in second))
    await _until(lambda: all(one.welcome_at for one in second))
    back = sorted(one.welcome_at - began for one in second)
    mark("end")
    await _until(lambda: all(one.ended == 1 for one in second))
    return {
        "sockets": sockets,
        "in_reply": in_reply,
        "resumed": sum(one.resumed for one in second),
        "all_back_s": back[-1],
        "p50_back_s": back[len(back) // 2],
        "all_complete_s": time.perf_counter() - began,
        "lost": sum(one.ended != 1 for one in second),
    }


async def _until(condition: Callable[[], bool], within_s: float = 120) -> None:
    deadline = time.perf_counter() + within_s
    while not condition():
        if time.perf_counter() > deadline:
            raise TimeoutError("the load did not come to its end")
        await asyncio.sleep(0.02)


KINDS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    "turns": turns,
    "spaced": spaced,
    "stream": stream,
    "replies": replies,
    "idle": idle,
    "storm": storm,
}


async def main(kind: str, **options: Any) -> None:
    failures: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context.get("exception", RuntimeError(context))))
    result = await KINDS[kind](**options)
    await asyncio.sleep(LAST_S)
    if failures:
        raise failures[0]
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(**json.loads(sys.argv[1])))
