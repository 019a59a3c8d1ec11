"""One websocket from its welcome to its close, with frames as they stand on the wire. It neither reconnects nor repeats."""

import asyncio
import json
from ipaddress import ip_address
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from myna.client.errors import Refused, Unreachable
from myna.client.events import Frame
from myna.client.place import Place

OPEN_S = 10  # for the handshake and the welcome; a node under load answers within a few
FRAME_LIMIT = 16 * 1024 * 1024  # bytes of a frame from the server: a whole reply is one
# A node that died or a network that swallows is noticed within their sum, in seconds.
PING_EVERY_S, PONG_WITHIN_S = 10, 5
NO_CLOSE_FRAME = 1006  # what RFC 6455 calls a connection that was lost without one


def is_local(url: str) -> bool:
    """Whether the address is this machine's own, for which no proxy is asked."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Closed(Exception):
    """The connection has ended; `code` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Connection:
    """Made by `open`; `welcome` is the first frame."""

    def __init__(self, socket: ClientConnection, welcome: Frame) -> None:
        self.welcome = welcome
        self._socket = socket

    @classmethod
    async def open(cls, url: str, *, token: str | None = None, place: Place | None = None, within_s: float = OPEN_S) -> "Connection":
        """Connect to a node's `http(s)://…` and resume at `place`.

        Raises `Refused` with the status when the server denies the upgrade, `Unreachable` for everything else.
        """
        address = "ws" + url.rstrip("/").removeprefix("http") + "/ws" + (place.query if place else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(within_s):
                socket = await connect(
                    address, additional_headers=headers, compression=None, proxy=None if is_local(url) else True,
                    max_size=FRAME_LIMIT, ping_interval=PING_EVERY_S, ping_timeout=PONG_WITHIN_S, open_timeout=None,
                )  # fmt: skip
                try:
                    return cls(socket, json.loads(await socket.recv()))
                except BaseException:
                    socket.transport.abort()
                    raise
        except InvalidStatus as refusal:
            raise _refusal(refusal) from None
        except (OSError, TimeoutError, WebSocketException) as error:
            raise Unreachable(f"{url} can't be reached: {error or type(error).__name__}.") from error

    async def send(self, frame: Frame) -> None:
        """Write one frame. Raises `Closed`."""
        await self.send_raw(json.dumps(frame))

    async def send_raw(self, data: bytes | str) -> None:
        """Write anything: text as a text frame, bytes as a binary one. Raises `Closed`."""
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            raise Closed(self.close_code) from None

    async def receive(self) -> Frame:
        """The next frame. Raises `Closed`."""
        try:
            frame: Frame = json.loads(await self._socket.recv())
        except ConnectionClosed:
            raise Closed(self.close_code) from None
        return frame

    @property
    def close_code(self) -> int:
        """The close code of a connection that has ended."""
        return self._socket.close_code or NO_CLOSE_FRAME

    async def close(self) -> None:
        """Leave in an orderly way; harmless when it has ended."""
        await self._socket.close()

    def abort(self) -> None:
        """Lose the connection without a word, as a network does."""
        self._socket.transport.abort()


def _refusal(refusal: InvalidStatus) -> Refused:
    status = refusal.response.status_code
    try:
        problem = json.loads(refusal.response.body or b"{}")
    except ValueError:
        problem = {}  # a proxy's own page
    return Refused(problem.get("code", "http_error"), problem.get("detail", f"The server answered {status}."), status=status)
