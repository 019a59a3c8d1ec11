"""Attackers, each against one node from an address of its own (127.0.0.2), for so many seconds. They speak raw TCP, and print what
they were told, as JSON: `python -m tests.attacks.attackers NAME PORT SECONDS`.
"""

import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

ADDRESS = "127.0.0.2"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
ZERO_MASK = b"\0\0\0\0"
PING, EMPTY_PART = b"\x89\x80" + ZERO_MASK, b"\x00\x80" + ZERO_MASK
OPEN_S = 0.2  # a socket that is not closed by then is open
MEGABYTE = 1024 * 1024


class Attack:
    """One attack: what it was told and when first."""

    def __init__(self, port: int, seconds: float) -> None:
        self.told: Counter[str] = Counter()
        self.first_s: float | None = None
        self._port = port
        self._begun = time.monotonic()
        self._end = self._begun + seconds

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._end

    def note(self, what: str) -> None:
        """Write down what the server said."""
        if self.first_s is None and what not in ("101", "201", "open"):
            self.first_s = round(time.monotonic() - self._begun, 2)
        self.told[what] += 1

    def connect(self) -> socket.socket:
        one = socket.socket()
        one.settimeout(10)
        one.bind((ADDRESS, 0))
        one.connect(("127.0.0.1", self._port))
        return one

    def request(self, data: bytes, one: socket.socket | None = None) -> bytes:
        """Send and read until the answer's headers, or whatever comes of it."""
        one = one or self.connect()
        with suppress(OSError):  # it may be refused while it is sent
            one.sendall(data)
        answer = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in answer and (more := one.recv(65_536)):
                answer += more
        self.note(status(answer))
        return answer

    def session(self) -> str:
        with self.connect() as one:
            answer = self.request(head("POST", "/api/session", "Content-Length: 0", "Connection: close"), one)
            while more := one.recv(65_536):  # the body may come behind the headers
                answer += more
        return str(json.loads(answer.partition(b"\r\n\r\n")[2])["token"])

    def websocket(self) -> socket.socket:
        """An open websocket; the welcome may still be unread."""
        one = self.connect()
        handshake = (
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        self.request(head("GET", "/ws", *handshake), one)
        return one

    def flood(self, data: bytes) -> None:
        """Websockets that send this for as long as they may; what they are closed with is noted."""
        while self.goes_on:
            with suppress(OSError):
                one = self.websocket()
                reader = threading.Thread(target=self.read_close, args=[one])
                reader.start()
                with suppress(OSError):
                    while self.goes_on:
                        one.sendall(data)
                with suppress(OSError):
                    one.shutdown(socket.SHUT_WR)
                reader.join()

    def read_close(self, one: socket.socket) -> None:
        """Read to the end, and note the close frame."""
        last = b""
        with suppress(OSError):
            while more := one.recv(65_536):
                last = (last + more)[-200:]
        at = last.rfind(b"\x88")
        self.note(f"close {int.from_bytes(last[at + 2 : at + 4], 'big')}" if at >= 0 else "open" if one.gettimeout() == OPEN_S else "cut")

    def together(self, count: int, part: Callable[[], None]) -> None:
        """So many of them at once."""
        threads = [threading.Thread(target=part, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self._end + 15 - time.monotonic()))


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def status(answer: bytes) -> str:
    return answer.split()[1].decode() if answer.startswith(b"HTTP/") else "cut"


def text_frames(text: bytes, count: int) -> bytes:
    return (b"\x81" + bytes([0x80 | len(text)]) + ZERO_MASK + text) * count


# --- the attacks ---


def http2_prefaces(attack: Attack) -> None:
    """Cleartext HTTP/2, which used to reach streams that nobody had hardened."""

    def go() -> None:
        while attack.goes_on:
            with suppress(OSError), attack.connect() as one:
                attack.request(PREFACE, one)

    attack.together(4, go)


def many_errors(attack: Attack) -> None:
    """A megabyte of which each three bytes are an error, as a chat completion."""
    body = b'{"model":"myna","messages":[' + b",".join([b"{}"] * 340_000) + b"]}"

    def go() -> None:
        while attack.goes_on:
            headers = (f"Authorization: Bearer sk-{uuid4()}", f"Content-Length: {len(body)}", "Connection: close")
            with suppress(OSError), attack.connect() as one:
                attack.request(head("POST", "/v1/chat/completions", *headers) + body, one)

    attack.together(4, go)


def pings(attack: Attack) -> None:
    """Pings as fast as one socket takes them."""
    attack.together(4, lambda: attack.flood(PING * 10_000))


def empty_parts(attack: Attack) -> None:
    """A message of endless empty parts."""
    attack.together(4, lambda: attack.flood(b"\x01\x80" + ZERO_MASK + EMPTY_PART * 10_000))


def frames(attack: Attack) -> None:
    """Twenty senders of ordinary frames without a pause."""
    attack.together(20, lambda: attack.flood(text_frames(b'{"type":"ping","nonce":1}', 2_000)))


def unfinished_bodies(attack: Attack) -> None:
    """A hundred and fifty imports that lack their last byte."""
    token = attack.session()
    headers = (f"Authorization: Bearer {token}", f"Content-Length: {4 * MEGABYTE}", "Content-Type: application/json")

    def go() -> None:
        with suppress(OSError), attack.connect() as one:
            one.settimeout(max(1.0, attack._end - time.monotonic()))
            attack.request(head("PUT", f"/api/conversations/{uuid4()}", *headers) + b" " * (4 * MEGABYTE - 1), one)

    attack.together(150, go)


def many_sockets(attack: Attack) -> None:
    """Sockets of new owners, as many as there may be, kept open."""
    kept: list[socket.socket] = []

    def go() -> None:
        while attack.goes_on and len(kept) < 3_000:
            with suppress(OSError):
                one = attack.websocket()
                kept.append(one)
                if len(kept) % 10 == 0:  # what the others were told is the same
                    one.settimeout(OPEN_S)
                    attack.read_close(one)

    attack.together(4, go)
    time.sleep(max(0.0, attack._end - time.monotonic()))


def slow_headers(attack: Attack) -> None:
    """Five hundred connections that never finish their headers."""
    kept = []
    for _ in range(500):
        with suppress(OSError):
            kept.append(attack.connect())
            kept[-1].sendall(b"GET /livez HTTP/1.1\r\n")
    while attack.goes_on:
        time.sleep(0.5)
        for one in list(kept):
            try:
                one.sendall(b"X-Slow: 1\r\n")
            except OSError:
                attack.note("cut")
                kept.remove(one)


def reads(attack: Attack) -> None:
    """The costliest page, without a pause."""

    def go() -> None:
        while attack.goes_on:
            with suppress(OSError), attack.connect() as one:
                attack.request(head("GET", "/docs", "Connection: close"), one)

    attack.together(8, go)


ATTACKS = {
    one.__name__: one
    for one in (
        http2_prefaces,
        many_errors,
        pings,
        empty_parts,
        frames,
        unfinished_bodies,
        many_sockets,
        slow_headers,
        reads,
    )
}


def main() -> None:
    name, port, seconds = sys.argv[1:]
    attack = Attack(int(port), float(seconds))
    with suppress(OSError, KeyError, ValueError):
        ATTACKS[name](attack)
    print(json.dumps({"told": dict(attack.told), "first_s": attack.first_s}), flush=True)
    os._exit(0)  # whatever threads still wait for


if __name__ == "__main__":
    main()
