"""Attacks by the number of connections, and by connections that say next to nothing."""

import socket
import time
from contextlib import suppress
from itertools import cycle

from tests.attacks.attacker import OPEN_S, Attacker, head
from tests.attacks.websocket_bytes import HANDSHAKE

CONNECTING = "127.0.0.6"


def connections(attacker: Attacker) -> None:
    """TCP connections as fast as they open, each dropped at once: with nothing said, a byte or a whole request."""
    attacker.address = CONNECTING  # which may open no more for ten seconds then
    said = cycle((b"", b"G", head("GET", "/livez")))

    def go() -> None:
        with attacker.connect() as one:
            attacker.note("open")
            one.sendall(next(said))

    attacker.repeat(go)


def silent_connections(attacker: Attacker) -> None:
    """TCP connections that are kept and never used."""
    kept: list[socket.socket] = []
    for _ in range(1_500):
        with suppress(OSError):
            kept.append(attacker.connect())
    attacker.keep(kept)


def unfinished_headers(attacker: Attacker) -> None:
    """Six hundred requests and upgrades that are never finished: some wait, some go on and on, header by header."""
    upgrade = head("GET", "/ws", *HANDSHAKE).removesuffix(b"\r\n")
    beginnings = cycle((b"GET /livez HTTP/1.1\r\n", b"GET /ws HTTP/1.1\r\nUpgrade: websocket", upgrade))
    waiting: list[socket.socket] = []
    going_on: list[socket.socket] = []
    for number in range(600):
        with suppress(OSError):
            one = attacker.connect()
            one.sendall(next(beginnings))
            (waiting if number % 3 else going_on).append(one)
    while attacker.goes_on:
        time.sleep(0.2)
        for one in list(going_on):
            try:
                one.sendall(b"X-Slow: 1\r\n")
            except OSError:
                attacker.note("cut")
                going_on.remove(one)
    attacker.keep(waiting)


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
