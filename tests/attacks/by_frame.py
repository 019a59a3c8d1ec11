"""Attacks with websocket frames: too many, too large, never ending, wrong, and never read."""

import json
import time
from contextlib import suppress
from itertools import cycle
from uuid import uuid4

from tests.attacks.attacker import READ, SMALL_WINDOW, UNREAD_S, Attacker, bearer
from tests.attacks.websocket_bytes import BINARY, CONTINUATION, PING, TEXT, frame

FRAME_LIMIT = 64 * 1024
BEGUN = frame(b"", TEXT, flags=0)  # the first part of a message that goes on
TOO_LARGE = (
    frame(b"x" * (FRAME_LIMIT + 1)),
    frame(b"x" * 1_000, announced=10_000_000),
    frame(b"", TEXT, announced=2**62),
    BEGUN + frame(b"x" * 8_000, CONTINUATION, flags=0) * 20,
)
WRONG = (
    frame(b"", BINARY),
    frame(b"\xff\xfe"),
    frame(b"\xc0\xaf"),
    frame(b"hi", flags=0x80 | 0x20),  # a bit that no extension has given a meaning
    frame(b"hi", 0x3),
    frame(b"x" * 126, PING),
    frame(b"", CONTINUATION),
    b"\x81\x02hi",  # not masked
)
HOSTILE = (
    b"[" * 60_000,
    b'{"type":"ping","nonce":' + b"9" * 5_000 + b"}",
    b'{"type":"ping","nonce":NaN}',
    b'{"type":"ping","nonce":1e400}',
    b'\xef\xbb\xbf{"type":"ping"}',
    b'{"type":"message.send","text":"a\\u0000b"}',
    b'{"type":"message.send","text":"\\ud800"}',
    b'{"type":"message.send","id":"\x1b[31m","role":"assistant","seq":7}',
    b'{"a":' * 10_000,
    b"{" + b",".join(b'"%d":0' % number for number in range(5_000)) + b"}",
)


def pings(attacker: Attacker) -> None:
    """Pings as fast as one socket takes them."""
    attacker.repeat(lambda: attacker.flood(frame(b"", PING) * 10_000))


def small_parts(attacker: Attacker) -> None:
    """A message without end, in parts of one byte or of none."""
    ways = cycle((b"", b"x"))
    attacker.repeat(lambda: attacker.flood(BEGUN + frame(next(ways), CONTINUATION, flags=0) * 10_000))


def ordinary_frames(attacker: Attacker) -> None:
    """Twenty senders of ordinary frames without a pause."""
    attacker.repeat(lambda: attacker.flood(frame(b'{"type":"ping","nonce":1}') * 2_000), at_once=20)


def messages(attacker: Attacker) -> None:
    """Messages without a pause, each in a conversation of its own."""

    def go() -> None:
        attacker.flood(b"".join(message("/echo x") for _ in range(500)))

    attacker.repeat(go)


def large_frames(attacker: Attacker) -> None:
    """Frames beyond the limit, announced or in parts, finished or not."""
    ways = cycle(TOO_LARGE)
    attacker.repeat(lambda: attacker.close_of(next(ways)))


def wrong_frames(attacker: Attacker) -> None:
    """Bytes that are no text frames."""
    ways = cycle(WRONG)
    attacker.repeat(lambda: attacker.close_of(next(ways)))


def hostile_texts(attacker: Attacker) -> None:
    """Texts that are costly to read, or that no store takes."""
    frames = b"".join(frame(text) for text in HOSTILE) * 10
    attacker.repeat(lambda: attacker.flood(frames))


def unread_replies(attacker: Attacker) -> None:
    """Long messages whose replies nobody reads."""

    def go() -> None:
        with attacker.websocket(window=SMALL_WINDOW) as one:
            with suppress(OSError):
                for _ in range(150):
                    one.sendall(message("/echo " + "x" * 7_900))
            time.sleep(UNREAD_S + 1)
            one.settimeout(attacker.left_s)
            attacker.read_close(one)

    attacker.together(4, go)


def resumptions(attacker: Attacker) -> None:
    """Sockets that are given all that an owner missed, again and again, and read nothing of it."""
    token = bearer(attacker.session())
    with attacker.websocket(token) as one:
        one.settimeout(1)
        welcome = json.loads(one.recv(READ)[4:])
        with suppress(OSError):
            for _ in range(100):
                one.sendall(message("/echo " + "x" * 7_900))
        with suppress(OSError):
            while one.recv(READ):
                pass
    attacker.begin()
    path = f"/ws?epoch={welcome['epoch']}&after={welcome['cursor']}"

    def go() -> None:
        with attacker.websocket(token, path=path):
            pass

    attacker.repeat(go)


def message(text: str) -> bytes:
    """A message in a conversation of its own."""
    sent = {"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": text}
    return frame(json.dumps(sent).encode())
