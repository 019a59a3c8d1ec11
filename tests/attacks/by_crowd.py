"""Many at one address who mean no harm: nothing of theirs is refused by the limits as they are."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from tests.attacks.attacker import ADDRESS, READ, SECRET, Attacker, bearer, head, status, with_body
from tests.attacks.websocket_bytes import HANDSHAKE

CLIENTS, STREAMS = 2_000, 64
CONNECTING = 100  # at a time: this one process must not be slower to say what it wants than the node waits for that


def reconnections(attacker: Attacker) -> None:
    """Two thousand clients behind one address, each an owner of its own, who come back at once."""
    from myna.web.auth import Sessions  # not needed by other attacks, which are to begin at once

    sessions = Sessions(SECRET)

    async def come_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        granted = await reader.readuntil(b"\r\n\r\n")
        welcome = await reader.readuntil(b"}")
        attacker.note("welcome" if b'"type":"welcome"' in welcome else status(granted))

    asyncio.run(_together(attacker, CLIENTS, lambda: head("GET", "/ws", *HANDSHAKE, bearer(sessions.create().token)), come_back))


def streaming_agent(attacker: Attacker) -> None:
    """One key with sixty-four streamed replies at once."""
    asked = {"model": "myna-fast", "stream": True, "messages": [{"role": "user", "content": "Tell me about queues."}]}
    request = with_body("POST", "/v1/chat/completions", json.dumps(asked).encode(), bearer("sk-agent"), "Connection: close")

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await reader.read()
        attacker.note("whole reply" if b"data: [DONE]" in answer else status(answer))

    asyncio.run(_together(attacker, STREAMS, lambda: request, stream))


async def _together(
    attacker: Attacker,
    count: int,
    request: Callable[[], bytes],
    part: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
) -> None:
    """So many connections at once, each with a request and then this part, all kept until the last is done."""
    connecting = asyncio.Semaphore(CONNECTING)
    writers: list[asyncio.StreamWriter] = []

    async def go() -> None:
        try:
            async with connecting:
                reader, writer = await asyncio.open_connection("127.0.0.1", attacker.port, local_addr=(ADDRESS, 0), limit=READ)
                writers.append(writer)
                writer.write(request())
            await part(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            attacker.note("cut")

    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            await asyncio.gather(*(go() for _ in range(count)))
    for writer in writers:
        writer.transport.abort()
