"""Every way into the server ends in our own streams or in a refusal: HTTP/1.1 and websockets are all there is."""

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

import pytest
from hypercorn.protocol import h2 as hypercorn_h2
from hypercorn.protocol import h11 as hypercorn_h11
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream

from myna.web.server.http1 import Http1Connection, Http1Protocol
from myna.web.server.request_stream import RequestStream
from myna.web.server.upgrade_stream import UpgradeStream
from tests.services.processes import until
from tests.unit.api.conftest import Served

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"  # with an empty SETTINGS frame
HANDSHAKE = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
H2C = b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n"


def request(line: bytes, *headers: bytes) -> bytes:
    return b"".join(one + b"\r\n" for one in (line, b"Host: localhost", *headers)) + b"\r\n"


UPGRADE = b"Connection: Upgrade\r\nUpgrade: "
WAYS = {
    "a request": (request(b"GET /livez HTTP/1.1"), b"200"),
    "a request of HTTP/1.0": (request(b"GET /livez HTTP/1.0"), b"200"),
    "a websocket": (request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket\r\n" + HANDSHAKE.rstrip()), b"101"),
    "a websocket by another name": (request(b"GET /ws HTTP/1.1", UPGRADE + b"WebSocket\r\n" + HANDSHAKE.rstrip()), b"101"),
    "a websocket without a key": (request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket"), b"400"),
    "a websocket by POST": (request(b"POST /ws HTTP/1.1", UPGRADE + b"websocket\r\n" + HANDSHAKE.rstrip()), b"405"),
    "a websocket in a hurry": (request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket\r\n" + HANDSHAKE.rstrip()) + b"\x81", b"400"),
    "a websocket of HTTP/1.0": (request(b"GET /ws HTTP/1.0", UPGRADE + b"websocket\r\n" + HANDSHAKE.rstrip()), b"400"),
    "HTTP/2 by its preface": (PREFACE, b"505"),
    "HTTP/2 by its preface in two pieces": (PREFACE[:18], b"505"),
    "HTTP/2 by upgrade": (request(b"GET /livez HTTP/1.1", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", H2C.rstrip()), b"400"),
    "HTTP/2 by upgrade in capitals": (request(b"GET /livez HTTP/1.1", UPGRADE + b"H2C\r\n" + H2C.rstrip()), b"400"),
    "HTTP/2 or a websocket": (request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket, h2c\r\n" + HANDSHAKE.rstrip()), b"400"),
    "two upgrades": (request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket\r\nUpgrade: h2c\r\n" + HANDSHAKE.rstrip()), b"400"),
    "TLS in the clear by upgrade": (request(b"OPTIONS * HTTP/1.1", UPGRADE + b"TLS/1.0"), b"400"),
    "a tunnel": (b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", b"400"),
    "a tunnel for websockets": (request(b"CONNECT /ws HTTP/1.1", b":protocol: websocket"), b"400"),
    "the head of a tunnel": (request(b"HEAD /livez HTTP/1.1", UPGRADE + b"TLS/1.0"), b"400"),
    "a body of two lengths": (
        request(b"POST /api/session HTTP/1.1", b"Transfer-Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
        b"400",
    ),
    "no request": (b"nonsense\r\n\r\n", b"400"),
    "headers without end": (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431"),
    "a host by address": (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:5055\r\n\r\n", b"200"),
    "a host that is too long a name": (b"GET /livez HTTP/1.1\r\nHost: " + b"x" * 64 + b"\r\n\r\n", b"400"),
    "a host with nothing between two dots": (b"GET /livez HTTP/1.1\r\nHost: a..b\r\n\r\n", b"400"),
    "a host that is no name": (b"GET /livez HTTP/1.1\r\nHost: a b\xff\r\n\r\n", b"400"),
    "a websocket of a host that is no name": (
        b"GET /ws HTTP/1.1\r\nHost: .\r\n" + UPGRADE + b"websocket\r\n" + HANDSHAKE + b"\r\n",
        b"400",
    ),
    "a version that is none": (request(b"GET /livez HTTP/3.0"), b"505"),
}
OURS = {Http1Connection, Http1Protocol, UpgradeStream, RequestStream}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> set[type]:
    """The classes of Hypercorn's family of which an object is made."""
    classes: set[type] = set()

    def watch(family: type) -> None:
        original: Any = getattr(family, "__init__")  # noqa: B009 - mypy has its own opinion

        def init(self: Any, *arguments: Any, **named: Any) -> None:
            classes.add(type(self))
            original(self, *arguments, **named)

        monkeypatch.setattr(family, "__init__", init)

    for family in (hypercorn_h2.H2Protocol, hypercorn_h11.H11Protocol, WSStream, HTTPStream):
        watch(family)
    return classes


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_in_ends_in_our_own_classes_or_in_a_refusal(served: Served, made: set[type], way: str) -> None:
    sent, status = WAYS[way]
    connections = served.node.services.hub.count
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)

    line = await asyncio.wait_for(reader.readline(), 30)

    assert line.split()[1:2] == [status], line
    if status not in (b"200", b"101", b"405"):
        head, _, body = (await asyncio.wait_for(reader.read(), 30)).partition(b"\r\n\r\n")  # to its end: a refused connection is closed
        assert b"application/problem+json" in head
        if not sent.startswith(b"HEAD"):
            problem = json.loads(body)
            assert (problem["status"], problem["code"]) == (int(status), "bad_request")
            assert f"x-request-id: {problem['request_id']}".encode() in head
    assert made <= OURS
    assert Http1Protocol in made
    writer.close()

    async def gone() -> bool:
        return served.node.services.hub.count <= connections

    await until(gone, 30, "the end of the connection")


async def test_alpn_does_not_choose_another_protocol() -> None:
    connection = Http1Connection(None, _Config(), _Context(), None, {}, True, None, None, None, alpn_protocol="h2")
    assert type(connection.protocol) is Http1Protocol


class _Config:
    h11_max_incomplete_size = 1


class _Context:
    event_class = asyncio.Event


async def test_frames_behind_a_refused_upgrade_are_not_read_and_leave_nothing_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    upgrade = request(b"GET /ws HTTP/1.1", UPGRADE + b"websocket", HANDSHAKE.rstrip(), b"Origin: https://evil.example")

    def attack() -> bytes:
        with socket.create_connection((host, int(port)), timeout=30) as one:
            one.sendall(upgrade)
            status = one.recv(12)[9:]
            with suppress(OSError):
                one.sendall(b"\x81\x80\0\0\0\0" * 10_000)
                while one.recv(65_536):
                    pass
        return status

    statuses = [await asyncio.to_thread(attack) for _ in range(20)]

    assert statuses == [b"403"] * 20
    assert not [line for line in caplog.records if line.exc_info]
