"""A client that has gone costs nothing any more: neither its connection, nor the requests that it had sent before."""

import asyncio
import socket
import struct
from urllib.parse import urlsplit

import pytest

from myna.web.server.pace import Pace
from myna.web.server.tcp_server import LimitedTCPServer
from tests.services.processes import until
from tests.unit.api.conftest import Served, serving

REQUEST = b"GET /api/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connected(served: Served) -> socket.socket:
    address = urlsplit(served.url)
    one = socket.create_connection((address.hostname, address.port))
    one.setblocking(False)
    return one


async def test_a_connection_that_its_client_has_ended_ends_at_once_and_not_when_its_next_request_is_late() -> None:
    async with serving(header_s=300) as served:
        loop, one = asyncio.get_running_loop(), connected(served)
        await loop.sock_sendall(one, REQUEST)
        await loop.sock_recv(one, 65_536)
        one.close()

        async def ended() -> bool:
            return served.node.services.limits.open_connections == 0

        await until(ended, 30, "no connection open")


async def test_requests_that_a_client_sent_before_it_went_are_not_answered() -> None:
    async with serving() as served:
        loop, limits, one = asyncio.get_running_loop(), served.node.services.limits, connected(served)
        await loop.sock_sendall(one, REQUEST * 1_000)
        await loop.sock_recv(one, 65_536)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it ends with a reset
        one.close()

        async def ended() -> bool:
            return limits.open_connections == 0

        await until(ended, 30, "no connection open")
    assert limits.refusals.refused["http", "not_found"] < 500


async def test_a_client_that_goes_in_the_middle_of_an_answer_with_a_request_behind_it_leaves_no_connection() -> None:
    body = b'{"model":"myna-slow","stream":true,"messages":[{"role":"user","content":"Tell me of queues."}]}'
    asked = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-x\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(mock_profile="slow") as served:
        loop, one = asyncio.get_running_loop(), connected(served)
        await loop.sock_sendall(one, asked + body + REQUEST)
        answer = b""
        while b"data:" not in answer:
            answer += await loop.sock_recv(one, 65_536)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()

        async def ended() -> bool:
            return served.node.services.limits.open_connections == 0

        await until(ended, 30, "no connection open")


async def test_a_client_that_goes_while_its_body_waits_for_a_turn_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    announced = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-x\r\nContent-Length: 500000\r\n\r\n"
    async with serving() as served:
        loop, limits, one = asyncio.get_running_loop(), served.node.services.limits, connected(served)

        async def in_flight() -> bool:
            return limits.body_bytes == 500_000

        async def ended() -> bool:
            return limits.open_connections == limits.body_bytes == 0

        await loop.sock_sendall(one, announced)
        await until(in_flight, 30, "the request begun")
        monkeypatch.setattr(Pace, "_go_on", lambda *_: None)  # no turn comes any more
        await loop.sock_sendall(one, b" " * 100_000)
        one.close()
        await until(ended, 30, "no connection open")


async def test_connections_that_are_dropped_before_their_turn_are_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    served_connections = list[LimitedTCPServer]()
    run = LimitedTCPServer.run

    async def counted(self: LimitedTCPServer) -> None:
        served_connections.append(self)
        await run(self)

    monkeypatch.setattr(LimitedTCPServer, "run", counted)
    async with serving() as served:
        limits = served.node.services.limits
        monkeypatch.setattr(Pace, "_go_on", lambda *_: None)
        opened = [connected(served) for _ in range(20)]

        async def taken() -> bool:
            return limits.open_connections == 20

        async def ended() -> bool:
            return limits.open_connections == 0

        await until(taken, 30, "every connection taken")
        for one in opened:
            one.close()
        await until(ended, 30, "no connection open")
        monkeypatch.undo()
    assert len(served_connections) == 1
