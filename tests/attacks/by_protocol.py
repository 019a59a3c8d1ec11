"""Attacks with protocols that the server does not speak, and with upgrades that it refuses."""

import zlib
from itertools import cycle

from tests.attacks.attacker import Attacker, bearer, head
from tests.attacks.websocket_bytes import COMPRESSED, FIN, HANDSHAKE, frame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
H2C = "HTTP2-Settings: AAMAAABkAAQAAP__"
OTHERS = (
    PREFACE + SETTINGS,
    PREFACE + SETTINGS + b"\0\0\x05\x01\x04\0\0\0\x01\x82\x84\x86\x41\x01x",
    PREFACE.replace(b"2.0", b"3.0"),
    PREFACE.replace(b"2.0", b"1.1"),
    PREFACE.lower(),
    head("GET", "/livez", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", H2C),
    head("GET", "/ws", *HANDSHAKE, "Upgrade: h2c", H2C),
    head("OPTIONS", "*", "Connection: Upgrade", "Upgrade: TLS/1.0"),
    head("CONNECT", "other.example:443"),
    head("CONNECT", "/ws", ":protocol: websocket"),
)
FOREIGN = (
    ["Origin: https://evil.example"],
    ["Origin: null"],
    ["Origin: http://localhost.evil.example"],
    [bearer("not-one-of-ours")],
    [bearer("x" * 4_000)],
    ["Cookie: chat_session=forged"],
)


def other_protocols(attacker: Attacker) -> None:
    """HTTP/2 by preface and by upgrade, tunnels, TLS in the clear."""
    ways = cycle(OTHERS)
    attacker.repeat(lambda: attacker.only(next(ways)))


def refused_upgrades(attacker: Attacker) -> None:
    """Foreign pages and forged tokens, which send frames behind the refusal."""
    ways, frames = cycle(FOREIGN), frame(b'{"type":"ping"}') * 1_000

    def go() -> None:
        with attacker.connect() as one:
            attacker.request(head("GET", "/ws", *HANDSHAKE, *next(ways)), one)
            one.sendall(frames)

    attacker.repeat(go)


def compressed_frames(attacker: Attacker) -> None:
    """A megabyte of zeros in a kilobyte, offered as permessage-deflate and sent whatever was agreed."""
    bomb = frame(zlib.compress(bytes(1_000_000), 9)[2:-4], flags=FIN | COMPRESSED)

    def go() -> None:
        with attacker.connect() as one:
            answer = attacker.request(head("GET", "/ws", *HANDSHAKE, "Sec-WebSocket-Extensions: permessage-deflate"), one)
            if b"permessage-deflate" in answer.lower():
                attacker.note("compression agreed")
            one.sendall(bomb)
            attacker.read_close(one)

    attacker.repeat(go)
