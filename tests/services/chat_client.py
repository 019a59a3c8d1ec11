"""A client of the contract: one owner's socket, everything it sent and every frame it got. It neither reconnects nor repeats by itself."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from myna.client.connection import Closed, Connection
from myna.client.events import Frame
from myna.client.place import Place
from tests.services.http import HttpClient

EVENTS = ("message.created", "reply.", "conversation.")
ENDS = ("reply.completed", "reply.failed")
OPEN_S = 30


class ChatClient:
    """Connects, sends, remembers, and resumes where it was cut off. `url` is a node's `http://…`; it may differ each time."""

    def __init__(self, *, token: str | None = None) -> None:
        self.token = token
        self.owner: str | None = None
        self.place = Place()
        self.frames: list[Frame] = []
        self.received_at: list[float] = []  # monotonic seconds, one for each frame
        self.sent: list[Frame] = []
        self.welcome: Frame = {}
        self.close_codes: list[int] = []
        self._connection: Connection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._received = asyncio.Event()

    async def open(self, url: str, *, resume: bool = True) -> Frame:
        """Connect and return the welcome; with what was seen before as cursor, unless `resume` is False."""
        place = self.place if resume else None
        self._connection = await Connection.open(url, token=self.token, place=place, within_s=OPEN_S)
        self.welcome = self._connection.welcome
        self.token, self.owner = self.welcome.get("token", self.token), self.welcome["owner"]
        self.place.seen(self.welcome)
        self._reader = asyncio.create_task(self._read(self._connection), name="chat client")
        return self.welcome

    async def _read(self, connection: Connection) -> None:
        try:
            while True:
                frame = await connection.receive()
                self.place.seen(frame)
                self.frames.append(frame)
                self.received_at.append(time.monotonic())
                self._received.set()
        except Closed as closed:
            self.close_codes.append(closed.code)
        finally:
            self._received.set()

    @property
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    async def put(self, frame: Frame) -> None:
        """Send one frame as it is."""
        assert self._connection
        self.sent.append(frame)
        await self._connection.send(frame)

    async def send(self, text: str, conversation_id: str | None = None, *, message_id: str | None = None, **options: Any) -> Frame:
        """Send a message; returns the frame."""
        frame: Frame = {
            "type": "message.send",
            "id": message_id or str(uuid4()),
            "conversation_id": conversation_id or str(uuid4()),
            "text": text,
        }
        if options:
            frame["options"] = options
        await self.put(frame)
        return frame

    async def until(self, condition: Callable[[Frame], bool], within_s: float = 60, *, since: int = 0) -> Frame:
        """The first frame (from number `since` on) that fits; waits for it. Raises `TimeoutError` with what was received last."""
        seen = since
        end = time.monotonic() + within_s
        while True:
            for frame in self.frames[seen:]:
                if condition(frame):
                    return frame
            seen = len(self.frames)
            self._received.clear()
            try:
                await asyncio.wait_for(self._received.wait(), max(0.01, end - time.monotonic()))
            except TimeoutError:
                raise TimeoutError(
                    f"not received within {within_s} s; last received: {self.frames[-3:]}, closed: {self.close_codes}"
                ) from None

    async def end_of(self, message_id: str, within_s: float = 60) -> Frame:
        """The `reply.completed` or `reply.failed` of a message."""
        return await self.until(lambda frame: frame["type"] in ENDS and frame["message_id"] == message_id, within_s)

    def events(self) -> list[Frame]:
        """The events received, in order."""
        return [frame for frame in self.frames if frame["type"].startswith(EVENTS)]

    def text_of(self, message_id: str) -> str:
        """The deltas received of a message's reply, joined."""
        return "".join(frame["text"] for frame in self.frames if frame["type"] == "reply.delta" and frame["message_id"] == message_id)

    async def closed(self, within_s: float = 30) -> int:
        """Wait for the socket's end and return its close code."""
        assert self._reader
        await asyncio.wait_for(asyncio.shield(self._reader), within_s)
        return self.close_codes[-1]

    async def cut(self) -> None:
        """Lose the connection without a word, as a network does."""
        if self._connection is not None:
            self._connection.abort()
            await self._finish()

    async def close(self) -> None:
        """Leave in an orderly way; harmless when it has gone already."""
        if self._connection is not None:
            await self._connection.close()
            await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
        self._connection = None

    async def http(self, url: str, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask a node over HTTP as this owner."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with HttpClient(timeout=60) as client:
            return await client.request(method, url + path, json=body, headers=headers)
