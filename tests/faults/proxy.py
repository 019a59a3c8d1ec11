"""A TCP proxy that does harm on purpose: stalls one direction, throttles, resets in the middle of a frame. It reads no protocol."""

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType

CHUNK = 16 * 1024
# Small, so that a throttled reader's backlog stands in the sender's process and not in the system's buffers.
BUFFER = 16 * 1024


class Proxy:
    """In front of a port of the loopback interface, on a port of its own. Change its attributes while it runs.

    `target`: the port that connections lead to from then on. `rate`: bytes a second towards the client. `reset_after`: bytes towards the
    client, counted from when it is set, after which that connection is reset; then it is None again.
    """

    def __init__(self, target: int) -> None:
        self._passing = {"up": asyncio.Event(), "down": asyncio.Event()}
        self.heal()
        self.rate: int | None = None
        self.reset_after: int | None = None
        self.resets = 0
        self.target = target
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> "Proxy":
        listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=CHUNK)
        return self

    async def __aexit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        assert self._server
        self._server.close()
        self._closed = True
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stall(self, way: str) -> None:
        """From now on nothing passes in this direction: "up" to the server, "down" to the client. The other goes on."""
        self._passing[way].clear()

    def heal(self) -> None:
        """Everything passes again, first what was sent meanwhile, as after a partition of a network."""
        for passing in self._passing.values():
            passing.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection; it is closed even where its task is cancelled before it began."""
        if self._closed:
            writer.transport.abort()
            return
        pipe = asyncio.ensure_future(self._serve(reader, writer))
        self._pipes.add(pipe)
        pipe.add_done_callback(self._pipes.discard)
        pipe.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target = socket.socket()
            try:
                target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
                target.setblocking(False)
                await asyncio.get_running_loop().sock_connect(target, ("127.0.0.1", self.target))
                far_reader, far_writer = await asyncio.open_connection(sock=target, limit=CHUNK)
            except (OSError, asyncio.CancelledError):
                target.close()
                raise
            ways = [
                asyncio.ensure_future(self._pipe("up", reader, far_writer)),
                asyncio.ensure_future(self._pipe("down", far_reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                far_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # nobody listens there, or the proxy closes

    async def _pipe(self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(self._portion(way)):
                await self._passing[way].wait()
                if way == "down" and self.rate is not None:
                    await asyncio.sleep(len(data) / self.rate)
                if way == "down" and self.reset_after is not None:
                    if len(data) >= self.reset_after:
                        writer.write(data[: self.reset_after])
                        self.reset_after = None
                        self._reset(writer)
                        return
                    self.reset_after -= len(data)
                writer.write(data)
                await writer.drain()
            if not reader.at_eof():
                return
            with suppress(OSError):
                await writer.drain()

    def _portion(self, way: str) -> int:
        return max(1, self.rate // 4) if way == "down" and self.rate is not None else CHUNK

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        self.resets += 1
        # No lingering: the peer gets RST instead of FIN.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
