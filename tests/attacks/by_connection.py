"""Attacks by the number of connections, and by connections that say next to nothing."""

import socket
import time
from contextlib import suppress

from tests.attacks.attacker import OPEN_S, Attacker, head


def connections(attacker: Attacker) -> None:
    """TCP connections as fast as they open, each dropped at once."""

    def go() -> None:
        with attacker.connect():
            attacker.note("open")

    attacker.repeat(go)


def silent_connections(attacker: Attacker) -> None:
    """TCP connections that are kept and never used."""
    kept: list[socket.socket] = []
    for _ in range(3_000):
        with suppress(OSError):
            kept.append(attacker.connect())
    attacker.keep(kept)


def slow_headers(attacker: Attacker) -> None:
    """Five hundred connections that never finish their headers."""
    kept: list[socket.socket] = []
    for _ in range(500):
        with suppress(OSError):
            kept.append(attacker.connect())
            kept[-1].sendall(b"GET /livez HTTP/1.1\r\n")
    while attacker.goes_on:
        time.sleep(0.2)
        for one in list(kept):
            try:
                one.sendall(b"X-Slow: 1\r\n")
            except OSError:
                attacker.note("cut")
                kept.remove(one)


def large_headers(attacker: Attacker) -> None:
    """Headers without an end, as fast as they are taken."""
    line = b"X-Large: " + b"x" * 8_000 + b"\r\n"

    def go() -> None:
        with attacker.connect() as one:
            attacker.request(head("GET", "/livez")[:-2] + line * 20, one)

    attacker.repeat(go)


def many_sockets(attacker: Attacker) -> None:
    """Websockets of new owners, as many as there may be, kept open."""
    kept: list[socket.socket] = []

    def go() -> None:
        one = attacker.websocket()
        kept.append(one)
        if len(kept) % 10 == 0:  # what the others were told is the same
            one.settimeout(OPEN_S)
            attacker.read_close(one)

    attacker.repeat(go)
