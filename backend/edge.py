"""Roof: Hypercorn and Quart made safe for a public socket. The only module that reaches into either's inside.

Each class mends one measured fault of the exact versions we run; a test named after the fault shows whether it is still
needed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from hypercorn.asyncio import run as hypercorn_run
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.events import Closed, RawData
from hypercorn.protocol import h11 as hypercorn_h11
from hypercorn.protocol.events import Data, Event, Request, StreamClosed
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from quart import Request as HTTPRequest
from quart import Websocket
from quart.asgi import ASGIWebsocketConnection
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping

from backend.errors import Close
from backend.events import FRAME_LIMIT

# Frames read ahead of the handler, per socket. Behind it stand Hypercorn's own ten, then TCP pushes back.
INBOUND_FRAMES = 16
# OpenAI's dialect sends the whole conversation with each request; about 100 of our longest messages.
HISTORY_LIMIT = 1024 * 1024


class RoomyRequest(HTTPRequest):
    """Quart knows one limit for all bodies, decided before any of our code runs."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, max_content_length: int | None = None, **kwargs: Any) -> None:
        limit = HISTORY_LIMIT if path.startswith("/v1/") else max_content_length
        super().__init__(method, scheme, path, *args, max_content_length=limit, **kwargs)
        self.max_content_length = limit


class BoundedWebsocketConnection(ASGIWebsocketConnection):
    """Quart's queue of inbound frames is unbounded: a client could fill the memory of a handler that does not read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = asyncio.Queue(INBOUND_FRAMES)

    async def handle_messages(self, receive: Callable[[], Awaitable[Any]]) -> None:
        """As Quart's, but a binary frame stays binary even when it is empty, and no signal is sent for each frame."""
        while True:
            event = await receive()
            if event["type"] == "websocket.receive":
                text = event.get("text")
                await self.queue.put(event.get("bytes") or b"" if text is None else text)
            elif event["type"] == "websocket.disconnect":
                return

    async def send_data(self, send: Callable[[Any], Awaitable[None]], data: str | bytes) -> None:
        """As Quart's, without the signal for each frame."""
        await send(
            {"type": "websocket.send", "bytes": None, "text": data} if isinstance(data, str) else {"type": "websocket.send", "bytes": data}
        )


class FrameWebsocket(Websocket):
    """Sends a batch of text frames as one write."""

    async def send_frames(self, frames: Iterable[str]) -> None:
        """Each item is one text frame, in order; waits while the socket's buffer is full."""
        await self._send(Batch(frames))


class Batch(str):
    """Several text frames on their way through ASGI, which knows only one at a time."""

    __slots__ = ("frames",)
    frames: list[bytes]

    def __new__(cls, frames: Iterable[str]) -> "Batch":
        batch = super().__new__(cls)
        batch.frames = [text_frame(frame.encode()) for frame in frames]
        return batch


def text_frame(payload: bytes) -> bytes:
    """One unmasked, unfragmented text frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class HardenedWSStream(WSStream):
    """Hypercorn's websocket stream without compression, and with an end to a socket that sends too much.

    - permessage-deflate can't be switched off there: half a megabyte can make half a gigabyte of us.
    - After an oversized message it goes on buffering: one socket could take any amount of memory.
    - It counts characters; our limit is bytes.
    - Its ping loop sleeps on after the socket has gone, and holds the connection (and a shutdown) for that long.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = 0  # bytes of the message that is coming in
        self._gone = asyncio.Event()

    async def _send_pings(self) -> None:
        while not self.closed:
            await self._send_wsproto_event(Ping())
            try:
                async with asyncio.timeout(self.config.websocket_ping_interval):
                    await self._gone.wait()
            except TimeoutError:
                continue

    async def handle(self, event: Event) -> None:
        if isinstance(event, StreamClosed):
            self._gone.set()
        if isinstance(event, Request):
            headers = [(name, value) for name, value in event.headers if name.lower() != b"sec-websocket-extensions"]
            event = Request(**{**event.__dict__, "headers": headers})
        await super().handle(event)

    async def app_send(self, message: Any) -> None:
        if message is not None and message["type"] == "websocket.send" and isinstance(message.get("text"), Batch):
            if not self.closed and self.state is ASGIWebsocketState.CONNECTED and self.connection.state is ConnectionState.OPEN:
                await self.send(Data(stream_id=self.stream_id, data=b"".join(message["text"].frames)))
            return
        await super().app_send(message)

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            if isinstance(event, Message):
                self._received += len(event.data.encode() if isinstance(event.data, str) else event.data)
                if self._received > FRAME_LIMIT:
                    await self._send_wsproto_event(
                        CloseConnection(code=Close.TOO_LARGE, reason=f"A frame holds at most {FRAME_LIMIT} bytes.")
                    )
                    await self.send(StreamClosed(stream_id=self.stream_id))
                    return
                self.buffer.extend(event)
                if event.message_finished:
                    await self.app_put(self.buffer.to_message())  # type: ignore[misc]
                    self.buffer.clear()
                    self._received = 0
            elif isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, CloseConnection):
                if self.connection.state is ConnectionState.REMOTE_CLOSING:
                    await self._send_wsproto_event(event.response())
                await self.send(StreamClosed(stream_id=self.stream_id))


class PatientTCPServer(TCPServer):
    """Hypercorn's read timeout ends every silent connection, also one whose client has asked and listens to a long answer.

    Sockets need that timeout (pongs are reads); a request under way ends by itself or with its connection.
    """

    async def _read_data(self) -> None:
        while not self.reader.at_eof():
            try:
                async with asyncio.timeout(self.config.read_timeout):
                    data = await self.reader.read(MAX_RECV)
            except TimeoutError:
                if not isinstance(getattr(self.protocol.protocol, "stream", None), HTTPStream):
                    break
            except OSError:
                break
            else:
                await self.protocol.handle(RawData(data))
        await self.protocol.handle(Closed())


def harden() -> None:
    """Put the hardened classes in place; harmless when done twice."""
    hypercorn_run.TCPServer = PatientTCPServer  # type: ignore[attr-defined]
    hypercorn_h11.WSStream = HardenedWSStream  # type: ignore[attr-defined]
