"""A client of the contract: one owner's socket, everything it sent and every frame it got. It knows nothing of the server's code."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.services.http import HttpClient

Frame = dict[str, Any]
EVENTS = ("message.created", "reply.", "conversation.")
ENDS = ("reply.completed", "reply.failed")


class ChatClient:
    """Connects, sends, remembers, and resumes where it was cut off. `url` is a node's `http://…`; it may differ each time."""

    def __init__(self, *, token: str | None = None) -> None:
        self.token = token
        self.owner: str | None = None
        self.epoch = self.cursor = ""
        self.frames: list[Frame] = []
        self.received_at: list[float] = []  # monotonic seconds, one for each frame
        self.sent: list[Frame] = []
        self.welcome: Frame = {}
        self.close_codes: list[int] = []
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._received = asyncio.Event()

    async def open(self, url: str, *, resume: bool = True) -> Frame:
        """Connect and return the welcome; with what was seen before as cursor, unless `resume` is False."""
        query = f"?{urlencode({'epoch': self.epoch, 'after': self.cursor})}" if resume and self.cursor else ""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._socket = await connect(
            url.replace("http://", "ws://") + "/ws" + query, additional_headers=headers, max_queue=None, compression=None, proxy=None
        )
        self.welcome = json.loads(await asyncio.wait_for(self._socket.recv(), 30))
        self.token = self.welcome.get("token", self.token)
        self.owner, self.epoch = self.welcome["owner"], self.welcome["epoch"]
        if not self.welcome["resumed"]:
            self.cursor = self.welcome["cursor"]
        self._reader = asyncio.create_task(self._read(self._socket), name="chat client")
        return self.welcome

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                frame = json.loads(data)
                self.cursor = frame.get("cursor", self.cursor)
                self.frames.append(frame)
                self.received_at.append(time.monotonic())
                self._received.set()
        except ConnectionClosed:
            pass
        finally:
            self.close_codes.append(socket.close_code or 1006)
            self._received.set()

    @property
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    async def put(self, frame: Frame) -> None:
        """Send one frame as it is."""
        assert self._socket
        self.sent.append(frame)
        await self._socket.send(json.dumps(frame))

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
        if self._socket is not None:
            self._socket.transport.abort()
            await self._finish()

    async def close(self) -> None:
        """Leave in an orderly way; harmless when it has gone already."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.close()
            await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
        self._socket = None

    async def http(self, url: str, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask a node over HTTP as this owner."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with HttpClient(timeout=60) as client:
            return await client.request(method, url + path, json=body, headers=headers)
