"""Somebody at another address, who pings and chats and writes down how long each takes."""

import asyncio
import json
import statistics
import time
from collections.abc import Mapping
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

ADDRESS = "127.0.0.3"
PING_EVERY_S, TURN_EVERY_S = 0.01, 0.03
PATIENCE_S = 60


class Times:
    """Some pings and turns, in milliseconds."""

    def __init__(self) -> None:
        self.pings: list[float] = []
        self.turns: list[float] = []

    @property
    def ping_p99(self) -> float:
        return percentile(self.pings, 0.99)

    @property
    def turn_p50(self) -> float:
        return statistics.median(self.turns)

    def __str__(self) -> str:
        return (
            f"ping p50 {statistics.median(self.pings):.1f} ms, p99 {self.ping_p99:.1f} ms, "
            f"turn p50 {self.turn_p50:.1f} ms, p99 {percentile(self.turns, 0.99):.1f} ms"
        )


class Bystander:
    """Lives until told; `times` may be exchanged meanwhile, so that each phase has its own."""

    def __init__(self, url: str) -> None:
        self.times = Times()
        self._url = url.replace("http", "ws") + "/ws"
        self._done = asyncio.Event()

    async def live(self) -> None:
        """Until `leave`."""
        async with self._connect() as pinging, self._connect() as chatting:
            await asyncio.gather(self._ping(pinging), self._chat(chatting))

    def leave(self) -> None:
        """End it."""
        self._done.set()

    def _connect(self) -> connect:
        return connect(self._url, proxy=None, compression=None, local_addr=(ADDRESS, 0), ping_interval=None)

    async def _ping(self, socket: ClientConnection) -> None:
        await socket.recv()
        nonce = 0
        while not self._done.is_set():
            nonce += 1
            times = self.times
            times.pings.append(await _timed(socket, {"type": "ping", "nonce": nonce}, '"pong"'))
            await asyncio.sleep(PING_EVERY_S)

    async def _chat(self, socket: ClientConnection) -> None:
        await socket.recv()
        while not self._done.is_set():
            frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "/echo still here"}
            times = self.times
            times.turns.append(await _timed(socket, frame, '"reply.completed"'))
            await asyncio.sleep(TURN_EVERY_S)


async def _timed(socket: ClientConnection, frame: Mapping[str, object], end: str) -> float:
    begun = time.perf_counter()
    await socket.send(json.dumps(frame))
    async with asyncio.timeout(PATIENCE_S):
        while end not in str(await socket.recv()):
            pass
    return (time.perf_counter() - begun) * 1_000


def percentile(values: list[float], part: float) -> float:
    """The value that this part of them is not above."""
    return sorted(values)[int((len(values) - 1) * part)]
