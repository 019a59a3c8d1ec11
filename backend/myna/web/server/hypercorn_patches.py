"""HTTP: Hypercorn and Quart made safe for a public socket. The only module that reaches into either's inside.

Each class mends one measured fault of the exact versions we run; a test named after the fault shows whether it is still
needed.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import run as hypercorn_run
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.events import Closed, RawData
from hypercorn.protocol import h11 as hypercorn_h11
from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from quart import Request as HTTPRequest
from quart import Websocket
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import FrameProtocol

from myna.protocol.errors import Close
from myna.protocol.events import FRAME_LIMIT
from myna.web.server.ws_framing import text_frame, whole_text

# OpenAI's dialect sends the whole conversation with each request; about 100 of our longest messages.
HISTORY_LIMIT = 1024 * 1024
# An exported conversation that comes back: a thousand turns of ordinary length.
IMPORT_LIMIT = 4 * 1024 * 1024
STREAM = "myna.stream"  # the ASGI extension by which our websocket finds the stream below it
BUFFERED = 64 * 1024  # bytes that wait in a socket's buffer before its writer waits too; asyncio's own mark


class RoomyRequest(HTTPRequest):
    """Quart knows one limit for all bodies, decided before any of our code runs."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, max_content_length: int | None = None, **kwargs: Any) -> None:
        limit = HISTORY_LIMIT if path.startswith("/v1/") else IMPORT_LIMIT if method == "PUT" else max_content_length
        super().__init__(method, scheme, path, *args, max_content_length=limit, **kwargs)
        self.max_content_length = limit


class FrameWebsocket(Websocket):
    """Frames straight from and to the socket.

    ASGI and Quart hand each frame on through two queues and three tasks, one of the queues unbounded, and know only one frame
    at a time on the way out; that was a third of a node's time for a turn.
    """

    def listen(self, hear: Callable[[str | bytes], None]) -> None:
        """From now on `hear` is called with each message as it is read, and with what came before."""
        self._stream.listen(hear)

    def send_frames(self, frames: Iterable[bytes]) -> bool:
        """Each item is one text frame, in order. False: the socket's buffer is full now, wait for `drained` before the next."""
        return self._stream.write(b"".join([text_frame(frame) for frame in frames]))

    async def drained(self) -> None:
        """Return when the socket's buffer has room again, or the socket has gone."""
        await self._stream.drained()

    @property
    def _stream(self) -> "HardenedWSStream":
        extensions: Any = self.scope["extensions"]
        stream: HardenedWSStream = extensions[STREAM]
        return stream


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
        self._hear: Callable[[str | bytes], None] | None = None
        self._early: list[str | bytes] = []  # what came before anybody listened: at most what one read brings

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
            if self.app_put is not None:  # the application's task has been made and has yet to begin
                extensions: Any = self.scope["extensions"]
                extensions[STREAM] = self
            return
        await super().handle(event)

    def listen(self, hear: Callable[[str | bytes], None]) -> None:
        self._hear = hear
        for message in self._early:
            hear(message)
        self._early.clear()

    def take(self, data: bytes) -> bytes:
        """Hear the whole text frames that these bytes begin with, and return the rest: it is wsproto's.

        Nearly all that clients send is one such frame at a time. Pings, closes, parts of frames and whatever is not right are not.
        """
        if self._hear is None or not self._between_frames:
            return data
        at = 0
        while at < len(data) and (frame := whole_text(data, at)) is not None:
            text, at = frame
            self._hear(text)
        return data[at:] if at else data

    @property
    def _between_frames(self) -> bool:
        if self.connection.state is not ConnectionState.OPEN or self._received:
            return False
        frames: FrameProtocol = self.connection._proto
        return frames._frame_decoder.header is None and not len(frames._frame_decoder.buffer) and frames._message_decoder.opcode is None

    def write(self, data: bytes) -> bool:
        """Whole frames, past wsproto (which keeps no count of what is sent) and in order with what goes through it."""
        if self.closed or self.state is not ASGIWebsocketState.CONNECTED or self.connection.state is not ConnectionState.OPEN:
            return True
        transport = self._writer.transport
        transport.write(data)
        return transport.get_write_buffer_size() <= BUFFERED

    async def drained(self) -> None:
        with suppress(OSError, RuntimeError):
            await self._writer.drain()

    @property
    def _writer(self) -> asyncio.StreamWriter:
        # This stream's sender is its protocol's method, and that one's is its connection's.
        writer: asyncio.StreamWriter = self.send.__self__.send.__self__.writer  # type: ignore[attr-defined]
        return writer

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
                    (self._hear or self._early.append)(self.buffer.value.getvalue())  # type: ignore[union-attr]
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
        # One timer that looks at what was heard since, rather than one for each read: that was a tenth of a node's time.
        self._heard_at = self.loop.time()
        self._watch = self.loop.call_later(self.config.read_timeout or 0, self._look)
        self._on_its_way = len(self.reader._buffer)  # type: ignore[attr-defined]  # bytes between the socket and wsproto
        self._feed = self.reader.feed_data
        self.reader.feed_data = self._fed  # type: ignore[assignment, method-assign]
        try:
            while not self.reader.at_eof():
                data = await self.reader.read(MAX_RECV)
                await self.protocol.handle(RawData(data))
                self._on_its_way -= len(data)
        except OSError:
            pass
        finally:
            self._watch.cancel()
        await self.protocol.handle(Closed())

    def _fed(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        stream = getattr(self.protocol.protocol, "stream", None)
        if not self._on_its_way and isinstance(stream, HardenedWSStream):
            data = stream.take(data)
        if data:
            self._on_its_way += len(data)
            self._feed(data)

    def _look(self) -> None:
        patience = float(self.config.read_timeout or 0)
        silent = self.loop.time() - self._heard_at
        if isinstance(getattr(self.protocol.protocol, "stream", None), HTTPStream):
            silent = 0.0
        if silent < patience:
            self._watch = self.loop.call_later(patience - silent, self._look)
        else:
            self.writer.transport.abort()  # the reader sees its end


def harden() -> None:
    """Put the hardened classes in place; harmless when done twice."""
    hypercorn_run.TCPServer = PatientTCPServer  # type: ignore[attr-defined]
    hypercorn_h11.WSStream = HardenedWSStream  # type: ignore[attr-defined]
