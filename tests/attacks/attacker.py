"""An attacker: raw TCP from an address of its own, and a record of what it was told, how often and when first."""

import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from tests.attacks.websocket_bytes import HANDSHAKE, close_code
from tests.services.budgets import budget

ADDRESS = "127.0.0.2"
GRANTED = ("101", "200", "201", "202", "open", "welcome", "whole reply", "waits")  # what is no refusal
OPEN_S = 0.2  # a socket that is not closed by then is open
READ = 65_536  # bytes read at once
SMALL_WINDOW = 4_096
BIND_ADDRESS_NO_PORT = 24  # ip(7); Python has no name for it yet
# Of the node that is attacked: CHAT_HEADER_S, CHAT_UNREAD_S and CHAT_SECRET_KEY.
# Short, so that an attack that waits for them is soon over; a crowd on a busy machine needs its time too.
HEADER_S, UNREAD_S = budget(1.5), 1.0
SECRET = "a key that only the node under attack knows"
_ERROR = re.compile(rb'"type":"error","code":"(\w+)"')
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Attacker:
    """What attacks are made of. All of it ends when its seconds are over."""

    def __init__(self, port: int, seconds: float) -> None:
        self.told: Counter[str] = Counter()
        self.first_s: float | None = None  # seconds until it was first told of a refusal
        self.port, self.address = port, ADDRESS
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        """From here on it counts: what came before was set up."""
        self._begun = time.monotonic()
        self.end = self._begun + self._seconds
        self.first_s = None

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.end

    @property
    def left_s(self) -> float:
        """Seconds until the end, at least a little."""
        return max(0.1, self.end - time.monotonic())

    def note(self, what: str, count: int = 1) -> None:
        """Write down what the server said."""
        if self.first_s is None and what not in GRANTED:
            self.first_s = round(time.monotonic() - self._begun, 2)
        self.told[what] += count

    def together(self, count: int, part: Callable[[], None]) -> None:
        """So many of them at once."""

        def go() -> None:
            with suppress(OSError):
                part()

        threads = [threading.Thread(target=go, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self.end + 5 - time.monotonic()))

    def repeat(self, part: Callable[[], None], *, at_once: int = 4) -> None:
        """Do this again and again, in so many threads, whatever happens to a connection."""

        def go() -> None:
            while self.goes_on:
                with suppress(OSError):
                    part()

        self.together(at_once, go)

    # --- connections and requests ---

    def connect(self, *, window: int | None = None) -> socket.socket:
        """A TCP connection; `window` is how many bytes of answers wait on our side."""
        one = socket.socket()
        one.settimeout(10)
        if window is not None:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        with suppress(OSError):  # else each keeps a port of its own for a minute after its end
            one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        one.bind((self.address, 0))
        one.connect(("127.0.0.1", self.port))
        return one

    def request(self, data: bytes, one: socket.socket | None = None) -> bytes:
        """Send and read until the answer's headers are there, or whatever comes of it; the status is noted."""
        one = one or self.connect()
        with suppress(OSError):  # it may be refused while it is sent
            one.sendall(data)
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (more := one.recv(READ)):
                answer += more
        except TimeoutError:
            self.note("waits")
            return answer
        except OSError:
            pass
        self.note(status(answer))
        return answer

    def only(self, data: bytes) -> None:
        """One request on a connection of its own."""
        with self.connect() as one:
            self.request(data, one)

    def pipeline(self, requests: Callable[[], bytes]) -> None:
        """Send requests one behind the other on one connection, without a wait for the answers, whose statuses are noted."""
        with self.connect() as one:
            one.settimeout(self.left_s)
            reader = threading.Thread(target=self._read_statuses, args=[one])
            reader.start()
            with suppress(OSError):
                while self.goes_on:
                    one.sendall(requests())
            reader.join(self.left_s)

    def _read_statuses(self, one: socket.socket) -> None:
        rest, answers = b"", 0
        with suppress(OSError):
            while self.goes_on and (more := one.recv(READ)):
                read = rest + more
                for found in _STATUS.findall(read):
                    self.note(found.decode())
                    answers += 1
                rest = read[-12:]  # shorter than what is looked for
        if not answers:
            self.note("cut")

    def session(self) -> str:
        """The token of a new owner. Raises `PermissionError` where there is none for us."""
        with self.connect() as one:
            answer = self.request(head("POST", "/api/session", "Content-Length: 0", "Connection: close"), one)
            while more := one.recv(READ):  # the body may come behind the headers
                answer += more
        if not answer.startswith(b"HTTP/1.1 201"):
            raise PermissionError
        return str(json.loads(answer.partition(b"\r\n\r\n")[2])["token"])

    def read_late(self, requests: bytes, count: int = 1) -> None:
        """Send these and read the answers only when a reader is late; `cut` if they are not all there."""
        with self.connect(window=SMALL_WINDOW) as one:
            one.sendall(requests)
            time.sleep(UNREAD_S + 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_000_000)
            one.settimeout(self.left_s)
            answers = b""
            with suppress(OSError):
                while more := one.recv(READ):
                    answers += more
        statuses = _STATUS.findall(answers)
        if not statuses or (statuses[-1] == b"200" and not (len(statuses) == count and is_whole(answers))):
            self.note("cut")
        else:
            self.note(statuses[-1].decode())

    # --- websockets ---

    def websocket(self, *headers: str, path: str = "/ws", window: int | None = None) -> socket.socket:
        """A websocket, if it is granted; the welcome may still be unread."""
        one = self.connect(window=window)
        self.request(head("GET", path, *HANDSHAKE, *headers), one)
        return one

    def flood(self, data: bytes, *headers: str) -> None:
        """A websocket that sends this for as long as it may; what it is closed with is noted."""
        with self.websocket(*headers) as one:
            reader = threading.Thread(target=self.read_close, args=[one])
            reader.start()
            with suppress(OSError):
                while self.goes_on:
                    one.sendall(data)
            with suppress(OSError):
                one.shutdown(socket.SHUT_WR)
            reader.join(self.left_s + 1)

    def read_close(self, one: socket.socket) -> None:
        """Read to the end, and note the first error and the close frame."""
        last, refused = b"", False
        with suppress(OSError):
            while more := one.recv(READ):
                if not refused and (error := _ERROR.search(more)):
                    self.note(error[1].decode())
                    refused = True
                last = (last + more)[-200:]
        code = close_code(last)
        self.note(f"close {code}" if code is not None else "open" if one.gettimeout() == OPEN_S else "cut")

    def close_of(self, data: bytes, *headers: str) -> None:
        """A websocket that sends this once and reads until it is closed."""
        with self.websocket(*headers) as one:
            one.settimeout(self.left_s)
            with suppress(OSError):
                one.sendall(data)
            self.read_close(one)

    def keep(self, kept: Iterable[socket.socket]) -> None:
        """Hold these connections until the end, and note those that are closed."""
        for one in kept:
            one.settimeout(self.left_s)
            with suppress(OSError):
                if not one.recv(1):
                    self.note("cut")


def head(method: str, path: str, *headers: str) -> bytes:
    """A request without its body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def with_body(method: str, path: str, body: bytes, *headers: str) -> bytes:
    """A request with its body."""
    return head(method, path, f"Content-Length: {len(body)}", "Content-Type: application/json", *headers) + body


def bearer(token: str) -> str:
    """The header with this token or key."""
    return f"Authorization: Bearer {token}"


def status(answer: bytes) -> str:
    """The status of an answer; `cut` where there is none."""
    return answer.split()[1].decode() if answer.startswith(b"HTTP/") else "cut"


def is_whole(answers: bytes) -> bool:
    """Whether the last of these answers has as much of a body as it says."""
    headers, _, body = answers[answers.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", headers.lower())
    return length is not None and len(body) >= int(length[1])
