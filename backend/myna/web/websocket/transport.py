"""One websocket after its handshake: text frames in as they come, text frames out in few writes (RFC 6455)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from myna.core.hub import TAKEN_BYTES
from myna.core.token_bucket import TokenBucket
from myna.protocol.errors import Close
from myna.web.limits import BURST_S, TABLE, Limits
from myna.web.websocket.framing import FrameReader, text_frames

LINGER_S = 2.0  # for the client to read the close frame and end the TCP connection, before it is cut
# A frame takes some 10 to 50 µs: after so many of one socket, the others are served first. Read in slices, as the parser reads all it has.
FRAMES_A_TURN = 4
LARGE = 2_048  # bytes of a frame that count as one more: 40 KB of nonsense take 5 ms to refuse
SLICE = 512  # bytes
# Turns of the event loop for which a frame waits for others: a message's confirm and its event in the log come by two sockets, and go to
# the client in one write then. With nothing else to do these turns take some 20 µs.
GATHER_TURNS = 2


class FrameTransport(asyncio.Protocol):
    """The asyncio protocol of an upgraded connection; implements `FrameSocket`.

    ASGI hands each frame on through two queues and three tasks, one of the queues unbounded, and knows one frame at a time on
    the way out. Here a frame is handled in the callback that reads it, and no task runs for those that are sent.
    """

    def __init__(self, limits: Limits, address: str | None) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._limits, settings = limits, limits.settings
        self._turns, self._address = limits.reading_turns, address
        self._heartbeat_s = settings.heartbeat_s
        self._received_at = now = self._loop.time()
        self._bytes = TokenBucket(settings.socket_bytes_per_s, round(settings.socket_bytes_per_s * BURST_S), now)
        self._control_frames = TokenBucket(settings.control_frames_per_s, round(settings.control_frames_per_s * BURST_S), now)
        self._waiting = b""  # bytes that wait for the next turn
        self._transport: asyncio.Transport
        self._on_lost: Callable[[], None] = _nothing
        self._receive: Callable[[str], None] | None = None
        self._take: Callable[[], list[bytes]] = list
        self._early: list[str] = []  # what came before `start`: at most what one read brings
        self._parts: list[bytes] = []  # of a message in several frames
        self._gathering = self._paused = False
        self._deadline: asyncio.TimerHandle | None = None

    def take_over(self, transport: asyncio.Transport, on_lost: Callable[[], None]) -> None:
        """Become the protocol of a TCP connection whose upgrade was answered with 101; `on_lost` is called when it has gone."""
        self._transport, self._on_lost = transport, on_lost
        transport.set_protocol(self)
        self._beat: asyncio.TimerHandle | None = self._loop.call_later(self._heartbeat_s, self._heartbeat)

    # --- in ---

    def start(self, receive: Callable[[str], None], take: Callable[[], list[bytes]]) -> None:
        """See `FrameSocket`."""
        self._receive, self._take = receive, take
        for text in self._early:
            receive(text)
        self._early.clear()
        self.wake()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._received_at = self._loop.time()
        self._limits.activity.note(self._address, self._received_at)
        if self._bytes.take(self._received_at, len(data)):
            self._flood("socket_bytes")
        if self._waiting:
            self._waiting += data
        else:
            self._read(data)

    def _read(self, data: bytes) -> None:
        left = FRAMES_A_TURN
        for at in range(0, len(data), SLICE):
            if left <= 0 or not self._turns.left(self._address):
                self._waiting = data[at:]
                self._transport.pause_reading()
                self._turns.wait(self._address, self._go_on)
                break
            if self._frames.state is not State.OPEN:
                break
            frames = self._frames.frames(data[at : at + SLICE])
            for frame in frames:
                self._handle(frame)
            done = sum(1 + len(frame.data) // LARGE for frame in frames)
            left -= done
            self._turns.use(self._address, done)
        self._flush()

    def _go_on(self) -> None:
        data, self._waiting = self._waiting, b""
        self._read(data)
        if not self._waiting and not self._is_flooded and not self._transport.is_closing():
            self._transport.resume_reading()

    def _handle(self, frame: Frame) -> None:
        if self._frames.close_sent is not None and frame.opcode is not Opcode.CLOSE:
            return
        if (frame.opcode in (Opcode.PING, Opcode.PONG) or not frame.fin) and self._control_frames.take(self._received_at):
            self._flood("control_frames")
        elif frame.opcode is Opcode.BINARY:
            self._frames.fail(Close.BINARY_FRAME, "Send text frames; this one was binary.")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                self._message(b"".join(self._parts) if len(self._parts) > 1 else self._parts[0])
                self._parts.clear()

    def _message(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._frames.fail(Close.INVALID_UTF8, "A text frame holds UTF-8.")
            return
        (self._receive or self._early.append)(text)

    def _flood(self, limit: str) -> None:
        if self._frames.state is State.OPEN:
            self._limits.count(limit)
            self._frames.fail(Close.FLOODING, f"Too many {TABLE[limit].what}.")

    @property
    def _is_flooded(self) -> bool:
        return self._frames.close_sent is not None and self._frames.close_sent.code == Close.FLOODING

    def eof_received(self) -> bool:
        """The client ended its side; ours ends with it."""
        return False

    # --- out ---

    def wake(self) -> None:
        """See `FrameSocket`."""
        if not self._gathering and not self._paused:
            self._gathering = True
            self._loop.call_soon(self._gather, GATHER_TURNS)

    def _gather(self, turns: int) -> None:
        if turns:
            self._loop.call_soon(self._gather, turns - 1)
            return
        self._gathering = False
        if not self._paused:
            self._write_taken()

    def _write_taken(self) -> None:
        frames = self._take()
        if frames and self._frames.state is State.OPEN and not self._transport.is_closing():
            self._transport.write(data := text_frames(frames))
            if len(data) >= TAKEN_BYTES:  # there may be more
                self.wake()

    def pause_writing(self) -> None:
        """The buffer is full: nothing is taken until the client has read some of it, for `CHAT_UNREAD_S` at most."""
        self._paused = True
        if self._deadline is None:
            self._deadline = self._loop.call_later(self._limits.settings.unread_s, self._cut)

    def _cut(self) -> None:
        self._limits.count("unread_time")
        self.abort("It read nothing of what it was sent.")

    def abort(self, reason: str) -> None:
        """See `FrameSocket`."""
        self._frames.failure = self._frames.failure or (CloseCode.ABNORMAL_CLOSURE, reason)
        self._transport.abort()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._paused = False
        if self._deadline is not None and self._frames.close_sent is None:
            self._deadline.cancel()
            self._deadline = None
        self.wake()

    def _heartbeat(self) -> None:
        # Pongs count too: a client that answers no ping for three beats is gone.
        if self._loop.time() - self._received_at >= 3 * self._heartbeat_s:
            self.abort("It answered no ping.")
            return
        if self._frames.state is State.OPEN:
            self._frames.send_ping(b"")
            self._flush()
        self._beat = self._loop.call_later(self._heartbeat_s, self._heartbeat)

    # --- the end ---

    @property
    def failure(self) -> tuple[int, str] | None:
        """See `FrameSocket`."""
        return self._frames.failure

    def close(self, code: int, reason: str) -> None:
        """See `FrameSocket`. The TCP connection is cut after `LINGER_S` (4408: CHAT_UNREAD_S) if the client has not ended it."""
        if self._frames.state is State.OPEN:
            self._write_taken()
            self._frames.fail(code, reason)
            self._flush()

    def _flush(self) -> None:
        """Write the control frames that the parser has made: pongs, and a close frame with what ends the connection."""
        for data in self._frames.data_to_send():
            if self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
                continue
            if self._deadline is not None:
                self._deadline.cancel()
            # A slow reader is given the time that it was given to read: its close frame stands behind what it has yet to read.
            sent = self._frames.close_sent
            linger_s = self._limits.settings.unread_s if sent is not None and sent.code == Close.TOO_SLOW else LINGER_S
            self._deadline = self._loop.call_later(linger_s, self._transport.abort)
            if self._is_flooded:
                self._transport.pause_reading()  # what it sends on costs nothing but its own time, until it is cut off
            with suppress(OSError):  # the client has gone
                # TLS has no half-closed connections.
                (self._transport.write_eof if self._transport.can_write_eof() else self._transport.close)()

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone: server and handler are told."""
        for timer in (self._beat, self._deadline):
            if timer is not None:
                timer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)
        self._on_lost()
        # Circles of references, and with them 30 KB a socket, would wait for the garbage collector, which comes rarely.
        self._beat = self._deadline = self._receive = None
        self._take, self._on_lost = list, _nothing


def _nothing() -> None:
    """Nobody is to be told."""
