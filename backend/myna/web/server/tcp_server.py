"""One TCP connection: counted by its address, cut off when its client reads nothing, and known to the requests that come over it."""

import asyncio
import os
import random
import socket
import struct
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, cast

import h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Event, RawData
from hypercorn.typing import ConnectionState, LifespanState

from myna.web.limits import Limits

TCP = "myna.tcp"  # in the ASGI scope's state: the connection of the request
BUFFERED = 64 * 1024  # bytes that wait to be sent before the sender waits too; asyncio's own mark
SOONEST = 0.75  # of CHAT_HEADER_S: closing thousands at once would take the loop a third of a second
LINGER_S = 1.0  # for a refused client to read why
PASS_OVER_S = 0.004  # between two looks at what it still sends
LINGERING = 32  # refused clients that may send until they have read why; more are cut at once. They stay below the reserved descriptors


class LimitedTCPServer(TCPServer):
    """Hypercorn's connection with an end to those that are too many and those that do not read."""

    lingering = 0

    def __init__(
        self, app: Any, loop: Any, config: Any, context: Any, state: LifespanState, reader: Any, writer: Any, release: Callable[[], None]
    ) -> None:
        super().__init__(app, loop, config, context, LifespanState({**state, TCP: weakref.proxy(self)}), reader, writer)
        self.limits: Limits = config.limits
        self._release = release
        self._given_away = False

    async def run(self) -> None:
        """Serve the connection until it ends."""
        try:
            await super().run()
        finally:
            if not self._given_away:
                self._release()
            if hasattr(self, "protocol"):
                self.protocol.protocol.send = _nowhere  # the circle would keep 30 KB until the next full garbage collection

    async def in_turn(self, address: str | None, longest_pause_s: float) -> bool:
        """Wait for this address's turn while nothing is read. False: the client has ended its side, and with it the connection.

        It is not waited for what such a client sent before: what it asked for would be given up when its end is read.
        """
        if self.writer.is_closing():
            return False
        descriptor: int = self.writer.get_extra_info("socket").fileno()
        there = await self.limits.pace.begin(address, longest_pause_s, descriptor)
        if not there:
            self.writer.transport.abort()
        return there

    @contextmanager
    def reading_paused(self) -> Iterator[None]:
        """Leave what the client sends to the kernel meanwhile: the stream reader would keep up to 400 KB of each that waits."""
        transport = cast(asyncio.Transport, self.writer.transport)
        pauses = transport.is_reading()  # or the stream reader has enough by itself, and goes on by itself
        if pauses:
            transport.pause_reading()
        try:
            yield
        finally:
            if pauses and not transport.is_closing():
                transport.resume_reading()

    async def _read_data(self) -> None:
        await super()._read_data()
        # Hypercorn lets a connection that the client has ended wait for its next request until that is too late.
        await self.idle_task.stop()

    def give_away(self) -> Callable[[], None]:
        """The TCP connection has another protocol from now on; what that one calls when it has ended."""
        self._given_away = True
        return partial(_ended, self._release, self.writer, self.writer.transport.get_protocol())

    def let_go(self) -> None:
        """End what runs here for a connection that was given away: it would keep 30 KB for as long as that lives."""
        self.reader.feed_eof()

    async def _idle_timeout(self) -> None:
        """Close the connection when its next request takes too long. Those that were opened together are not closed together."""
        try:
            await asyncio.wait_for(self.context.terminated.wait(), self.config.keep_alive_timeout * random.uniform(SOONEST, 1))
        except TimeoutError:
            http = self.protocol.protocol
            if not http.keep_alive_requests or cast(h11.Connection, http.connection).trailing_data[0]:
                self.limits.count("header_time")  # else it asked for all it wanted
        await asyncio.shield(self._initiate_server_close())

    async def protocol_send(self, event: Event) -> None:
        """Bytes for the client, or the connection's end. One that reads none of 64 KiB for `CHAT_UNREAD_S` is cut off."""
        if not isinstance(event, RawData) or len(event.data) + self._unsent() <= BUFFERED:
            await super().protocol_send(event)
            return
        for at in range(0, len(event.data), BUFFERED):
            try:
                async with asyncio.timeout(self.limits.settings.unread_s):
                    await super().protocol_send(RawData(event.data[at : at + BUFFERED]))
            except TimeoutError:
                self._cut()
                return

    def _unsent(self) -> int:
        return self.writer.transport.get_write_buffer_size()

    def _cut(self) -> None:
        self.limits.count("unread_time")
        self.writer.transport.abort()

    def hang_up(self, *, reset: bool) -> None:
        """End the connection after what was written, or at once with a TCP reset."""
        if not reset:
            self.writer.transport.close()
            return
        descriptor = self.writer.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(descriptor)) as own:  # uvloop's own object can't be told
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def _close(self) -> None:
        if self._given_away:
            return
        # Hypercorn waits for ever until the client has read what was written.
        deadline = self.loop.call_later(self.limits.settings.unread_s, self._cut)
        try:
            with suppress(OSError):  # it was reset meanwhile
                if self._has_unread_body() and type(self).lingering < LINGERING:
                    await self._linger()
                await super()._close()
        finally:
            deadline.cancel()

    def _has_unread_body(self) -> bool:
        connection = cast(h11.Connection, self.protocol.protocol.connection) if hasattr(self, "protocol") else None
        return connection is not None and connection.their_state is h11.SEND_BODY and not self.writer.is_closing()

    async def _linger(self) -> None:
        """Pass over what else comes of a refused body: a TCP reset for unread bytes would take the answer from the client."""
        cls, transport = type(self), cast(asyncio.Transport, self.writer.transport)
        passing_over = _PassingOver(transport)
        cls.lingering += 1
        try:
            self.writer.write_eof()
            transport.set_protocol(passing_over)
            transport.resume_reading()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    await passing_over.ended.wait()
        finally:
            cls.lingering -= 1


class _PassingOver(asyncio.Protocol):
    """Drops what it is sent, until the end."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._before = transport, transport.get_protocol()
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Take some 15 MB a second: as much as there is would cost the loop as much as reading it for somebody."""
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(PASS_OVER_S, self._go_on)

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> None:
        """The client has sent everything."""
        self.ended.set()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection has ended, as whoever waits for that is told."""
        self.ended.set()
        self._before.connection_lost(error)


async def _nowhere(_: Event) -> None:
    """The connection has ended."""


def _ended(release: Callable[[], None], _: asyncio.StreamWriter, before: asyncio.BaseProtocol) -> None:
    """A connection that was given away has ended. Its writer, which closes it when it is freed, is not freed before."""
    release()
    before.connection_lost(None)  # writer and protocol would keep each other until the next full garbage collection


def connection_of(state: ConnectionState) -> LimitedTCPServer:
    """The TCP connection that a request with this state came over."""
    server: LimitedTCPServer = state[TCP]
    return server
