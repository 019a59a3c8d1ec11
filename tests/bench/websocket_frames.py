"""Websocket frames by hand, for a load generator that costs less than what it measures. A library would be the bound itself."""

import asyncio
import json
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

from myna.client.place import Place

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)
PING, CLOSE = 0x89, 0x88
PONG = b"\x8a\x80\0\0\0\0"


def client_frame(payload: bytes) -> bytes:
    """A masked text frame. The mask is zero, so the payload stands in it as it is: legal, and free."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


def message_in(conversation_id: str, text: str, **options: object) -> tuple[bytes, bytes]:
    """A fresh message in this conversation: its id and its frame."""
    id_ = str(uuid4())
    more = f',"options":{json.dumps(options)}' if options else ""
    body = f'{{"type":"message.send","id":"{id_}","conversation_id":"{conversation_id}","text":"{text}"{more}}}'
    return id_.encode(), client_frame(body.encode())


def frames(buffer: bytearray) -> list[tuple[int, bytes]]:
    """The whole frames at the buffer's start, as (first byte, payload); they are taken out of it."""
    found, at, end = [], 0, len(buffer)
    while at + 2 <= end:
        size, body = buffer[at + 1], at + 2
        if size == 126:
            size, body = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, body = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
        if body > end or body + size > end:
            break
        found.append((buffer[at], bytes(buffer[body : body + size])))
        at = body + size
    del buffer[:at]
    return found


class Socket(asyncio.Protocol):
    """One client socket. Bytes after the handshake go to `on_data` as they come, frames uncut; subclasses say what they are for."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()
        self.transport: asyncio.Transport
        self._head = bytearray()
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by birth

    def data_received(self, data: bytes) -> None:
        if self._upgraded:
            self.on_data(data)
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(self._head[:200].decode("latin-1")))
            self.transport.abort()
            return
        self._upgraded = True
        self.opened.set_result(None)
        if rest := bytes(self._head[end + 4 :]):
            self.on_data(rest)

    def on_data(self, data: bytes) -> None:
        """What came, uncut."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed during the handshake"))
            self.opened.exception()

    async def open(self, url: str, *, token: str | None = None, place: Place | None = None) -> None:
        """Connect to a node's `http://…`. Raises `ConnectionError` with what the server said instead of 101."""
        parts = urlsplit(url)
        query = place.query if place else ""
        more = f"Authorization: Bearer {token}\r\n" if token else ""
        await asyncio.get_running_loop().create_connection(lambda: self, parts.hostname or "", parts.port or 80)
        self.transport.write(HANDSHAKE.format(path="/ws" + query, host=parts.netloc, more=more).encode())
        await self.opened
