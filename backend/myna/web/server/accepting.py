"""The listening socket: connections are taken a few at a time, counted, and served when their address's turn has come."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from myna.core.token_bucket import TokenBucket
from myna.protocol.errors import RateLimited
from myna.web.limits import Limits
from myna.web.refusals import new_request_id
from myna.web.server import refused
from myna.web.server.tcp_server import BUFFERED, LINGER_S, LINGERING, LimitedTCPServer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Callable[[], None]], Coroutine[Any, Any, None]]

# Each takes some 20 µs, most of them the system's. Event loops take all that wait, up to the backlog: thousands at once, and again in
# each of their turns. Where more than a few come, all wait a little for each other, and those who are there are served in between:
# twenty thousand a second can be opened, and leave others half of the time.
ACCEPTED_AT_ONCE, FEW, REST_S = 128, 8, 0.004
# Connections too many that are told so; others are closed. To answer takes five times as long, and clients that are gone by then make
# room at once for the next.
ANSWERS_PER_S, ANSWERS_BURST = 50, 500
CLOSED_S = 0.05  # then nothing is looked at of the next ones of the same address
MANY = 1_024  # such addresses that are remembered
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
RETRY_S = 1.0  # when the system has nothing left for a connection; asyncio's own pause


class Acceptor:
    """Takes the connections of one listening socket.

    What is dropped as soon as it was opened, or is one too many, costs no more than that: a transport, its streams and a task are
    made for a connection whose turn has come and whose client is still there.
    """

    def __init__(self, listening: socket.socket, limits: Limits, serve: Serve) -> None:
        self._listening, self._limits, self._serve = listening, limits, serve
        self._loop = asyncio.get_running_loop()
        self._serving: set[asyncio.Task[None]] = set()
        self._few_until, self._accepted = 0.0, 0  # connections since a rest's time before that
        self._refused: dict[str, float] = {}  # addresses that were refused too often to be told so, each with the end of that
        self._answers = TokenBucket(ANSWERS_PER_S, ANSWERS_BURST, self._loop.time())
        listening.setblocking(False)
        self._go_on()

    async def close(self, within_s: float) -> None:
        """Take no more connections; those that there are have so many seconds to end."""
        self._loop.remove_reader(self._listening.fileno())
        self._listening.close()
        if self._serving:
            _, late = await asyncio.wait(self._serving, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _go_on(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        if self._loop.time() >= self._few_until:
            self._few_until, self._accepted = self._loop.time() + REST_S, 0
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, peer = self._listening.accept()
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._rest(RETRY_S)
                    return
                break
            client.setblocking(False)
            self._accepted += 1
            self._take(client, str(peer[0]) if peer else "")
        if self._accepted > FEW:
            self._rest(REST_S)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening.fileno())
        self._loop.call_later(seconds, self._go_on)

    def _take(self, client: socket.socket, host: str) -> None:
        if self._refused.get(host, 0.0) > self._loop.time():
            self._limits.count("connection_rate")
            self._limits.refusals.refused["http", RateLimited.code] += 1
            client.close()
            return
        if _has_gone(client):
            client.close()
            return
        release = self._limits.open_connection(host)
        if release is not None:
            self._spawn(self._serve_in_turn(client, host, release))
            return
        refusal = RateLimited("Too many connections, or opened too quickly, of one address.", retry_after_s=1)
        if LimitedTCPServer.lingering >= LINGERING or self._answers.take(self._loop.time()):
            self._limits.refusals.refuse("http", refusal, new_request_id(), host, status=refusal.status)
            client.close()
            if len(self._refused) >= MANY:
                self._refused.clear()
            self._refused[host] = self._loop.time() + CLOSED_S
        else:
            self._spawn(self._answer(client, refused.as_bytes(refusal, *refused.answer(self._limits, refusal, host))))

    def _spawn(self, task: Coroutine[Any, Any, None]) -> None:
        self._serving.add(spawned := self._loop.create_task(task))
        spawned.add_done_callback(self._serving.discard)

    async def _serve_in_turn(self, client: socket.socket, host: str, release: Callable[[], None]) -> None:
        try:
            if not await self._limits.connection_pace.begin(self._limits.client(host), descriptor=client.fileno()):
                raise ConnectionResetError
            reader = asyncio.StreamReader(loop=self._loop)
            protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client)
        except BaseException as error:
            client.close()
            release()
            if isinstance(error, OSError):
                return
            raise
        await self._serve(reader, asyncio.StreamWriter(transport, protocol, reader, self._loop), release)

    async def _answer(self, client: socket.socket, answer: bytes) -> None:
        """Tell why, and pass over what is sent until it has been read: a TCP reset for unread bytes would take the answer away."""
        LimitedTCPServer.lingering += 1
        try:
            with client, suppress(OSError, TimeoutError):
                client.send(answer)
                client.shutdown(socket.SHUT_WR)
                async with asyncio.timeout(LINGER_S):
                    while await self._loop.sock_recv(client, BUFFERED):
                        pass
        finally:
            LimitedTCPServer.lingering -= 1


def _has_gone(client: socket.socket) -> bool:
    """Whether the client ended the connection, and sent nothing before."""
    try:
        return not client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
