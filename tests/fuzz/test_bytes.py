"""Mutated requests, upgrades and websocket frames at the level of TCP: each is answered, refused or cut off, and the node goes on."""

import asyncio
import json
import random
import re
from contextlib import suppress
from uuid import uuid4

from tests.attacks.attacker import head, with_body
from tests.attacks.websocket_bytes import BINARY, CLOSE, CONTINUATION, HANDSHAKE, PING, TEXT, frame
from tests.fuzz.conftest import FUZZ_S, until_time_is_up
from tests.services.stack import Node

AT_ONCE = 8
ANSWER_S = 0.3  # silence after which no more is awaited: the node waits for more, too
STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
OURS = {b"501", b"503", b"505"}  # that are no fault: an unknown coding, nothing can be served now, no HTTP/1.1
UPGRADE = head("GET", "/ws", *HANDSHAKE)
MESSAGE = json.dumps({"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "/echo hi"}).encode()
FRAMES = [
    frame(MESSAGE),
    frame(b'{"type":"ping","nonce":1}'),
    frame(b"hi", PING),
    frame(b"", BINARY),
    frame(b"\x03\xe8", CLOSE),
    frame(b'{"type":', TEXT, flags=0) + frame(b'"ping"}', CONTINUATION),
    frame(b"x" * 300),
]
SEEDS = [
    head("GET", "/livez"),
    head("GET", "/api/conversations?limit=5&before=1.0.00000000", "Authorization: Bearer x"),
    head("POST", "/api/session", "Content-Length: 0"),
    with_body("POST", "/api/messages", b'{"text":"/echo hi"}', "Cookie: chat_session=x; a=b"),
    with_body("PUT", f"/api/conversations/{uuid4()}", b'{"schema":"myna.conversation/1"}'),
    head("POST", "/v1/chat/completions", "Transfer-Encoding: chunked", "Authorization: Bearer sk") + b'd\r\n{"model":"a"}\r\n0\r\n\r\n',
    head("GET", "/", "Expect: 100-continue", "Range: bytes=0-5", "If-None-Match: *"),
    UPGRADE,
    *(UPGRADE + one for one in FRAMES),
    UPGRADE + b"".join(FRAMES),
]
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b".", b"\xff\xfe", b"\xc3\xa9", b"%00", b"%ff", b"%2e%2e/", b"*",
    b"HTTP/1.1", b"HTTP/2.0", b"HTTP/1.0", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked, gzip\r\n", b"Host: a\r\n", b"Connection: close\r\n",
    b"Upgrade: h2c\r\n", b"Origin: null\r\n", b"Expect: 100-continue\r\n", b"ffffffffffffffff\r\n", b"0\r\n\r\n",
    b"\x81\xff" + b"\xff" * 8, b"\x88\x80\0\0\0\0", b"\x00\x80\0\0\0\0", b"{", b"[", b'"', b"\\ud800", b"1e999",
]  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    """A valid sequence of bytes with one to six mistakes in it."""
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(data) + 1)
        until = min(len(data), at + rng.choice((1, 1, 2, 8, 64)))
        match rng.randrange(7):
            case 0:
                data[at:at] = rng.choice(TOKENS)
            case 1:
                data[at:until] = rng.choice(TOKENS)
            case 2:
                del data[at:until]
            case 3:
                data[at:at] = data[at:until] * rng.choice((1, 2, 200))
            case 4:
                data[at:until] = rng.randbytes(until - at)
            case 5:
                data += rng.choice(SEEDS)
            case _:
                for place in range(at, until):
                    data[place] ^= 1 << rng.randrange(8)
    return bytes(data)


async def told(port: int, data: bytes, rng: random.Random) -> bytes:
    """What comes back for these bytes, sent in one piece or several, with or without an end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    with suppress(OSError):
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 0, 1, 3))))
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[begin:end])
            await asyncio.sleep(0)
        if rng.random() < 0.3:
            writer.write_eof()
        with suppress(TimeoutError):
            while more := await asyncio.wait_for(reader.read(65_536), ANSWER_S):
                answer += more
    writer.transport.abort()
    return answer


async def test_whatever_bytes_come_the_answer_is_no_fault_of_ours(node: Node) -> None:
    async def go(lane: int) -> None:
        for number in until_time_is_up():
            seed = f"{start}/{lane}/{number}"
            rng = random.Random(seed)
            data = mutated(rng)
            answer = await told(node.port, data, rng)
            faults = [status for status in STATUS.findall(answer) if status >= b"500" and status not in OURS]
            assert not faults, f"seed {seed}: {data!r} → {answer[:300]!r}"
            assert not answer or answer.startswith(b"HTTP/1.1 "), f"seed {seed}: {data!r} → {answer[:300]!r}"

    start = random.randrange(10**9)
    async with asyncio.timeout(FUZZ_S + 60):
        await asyncio.gather(*map(go, range(AT_ONCE)))
