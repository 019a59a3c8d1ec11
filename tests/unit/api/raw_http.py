"""Requests byte by byte, for what no client library would send."""

import asyncio
from contextlib import suppress
from uuid import uuid4

from tests.unit.api.conftest import Served


async def answer_to(served: Served, sent: bytes, source: str = "127.0.0.1") -> bytes:
    """What comes back until the server ends the connection."""
    reader, writer = await tcp(served, source)
    writer.write(sent)
    answer = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(30):
            answer = await reader.read()
    writer.close()
    return answer


async def tcp(served: Served, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from this address."""
    host, port = served.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port), local_addr=(source, 0))


def put(token: str, size: int, *, sent: int) -> bytes:
    """The head of a request with a body of this size, and so many bytes of it."""
    head = (
        f"PUT /api/conversations/{uuid4()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + b" " * sent
