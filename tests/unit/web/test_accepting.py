"""Connections are taken from the listening socket a few at a time, and again when the system could not give any more."""

import asyncio
import errno
import socket
from collections.abc import Callable

import pytest

from myna.settings import Settings
from myna.web.limits import Limits
from myna.web.server import accepting
from myna.web.server.accepting import ACCEPTED_AT_ONCE, Acceptor


class Exhausted(socket.socket):
    """A listening socket for whose first connection there is no descriptor left."""

    refused = 0

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        if not self.refused:
            self.refused += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


class Served:
    """Writes down whom it serves, and ends each connection."""

    def __init__(self) -> None:
        self.count = 0
        self.enough = asyncio.Event()

    async def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter, release: Callable[[], None]) -> None:
        writer.transport.abort()
        release()
        self.count += 1
        if self.count == ACCEPTED_AT_ONCE + 4:
            self.enough.set()


async def test_every_connection_is_served_though_there_were_no_descriptors_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "RETRY_S", 0.01)
    listening, served = Exhausted(), Served()
    listening.bind(("127.0.0.1", 0))
    listening.listen(2 * ACCEPTED_AT_ONCE)
    limits = Limits(Settings(_env_file=None))
    acceptor = Acceptor(listening, limits, served)
    clients = [socket.create_connection(listening.getsockname()) for _ in range(ACCEPTED_AT_ONCE + 4)]
    await asyncio.wait_for(served.enough.wait(), 30)
    await acceptor.close(within_s=30)
    limits.departures.close()
    for client in clients:
        client.close()

    assert (listening.refused, limits.open_connections, listening.fileno()) == (1, 0, -1)


async def test_an_address_that_goes_on_is_not_told_each_time_and_another_one_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "ANSWERS_BURST", 1)
    monkeypatch.setattr(accepting, "ANSWERS_PER_S", 0.001)
    monkeypatch.setattr(accepting, "CLOSED_S", 60)
    listening, served = socket.socket(), Served()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    limits = Limits(Settings(_env_file=None, connections_per_s=0.06))
    loop, acceptor = asyncio.get_running_loop(), Acceptor(listening, limits, served)

    async def told(address: str) -> bytes:
        with socket.socket() as client:
            client.bind((address, 0))
            client.setblocking(False)
            await loop.sock_connect(client, listening.getsockname())
            try:
                return await asyncio.wait_for(loop.sock_recv(client, 1_024), 30)
            except ConnectionResetError:
                return b""

    answers = [await told("127.0.0.1") for _ in range(5)]
    await told("127.0.0.2")
    await acceptor.close(within_s=30)
    limits.departures.close()

    assert [answer[9:12] for answer in answers] == [b"", b"429", b"", b"", b""]
    assert served.count == 2
    assert limits.refused["connection_rate", "429"] == limits.refusals.refused["http", "rate_limited"] == 4
