"""One HTTP request and its answer: counted by address and owner, with a bound on the bytes of their bodies."""

import weakref
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

from hypercorn.protocol.events import Body, EndBody, Event, Request, Response, StreamClosed
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream
from hypercorn.typing import ConnectionState

from myna.protocol.errors import BadRequest, ChatError
from myna.web.limits import Held, Limits
from myna.web.rate_limit import UNCOUNTED, count_request, owner_of
from myna.web.server import refused
from myna.web.server.pace import LONG_PAUSE_S
from myna.web.server.requests import body_limit
from myna.web.server.tcp_server import connection_of

TRANSFERS = (b"/export", b"/scenario")  # what of a path makes a long answer
COSTLY = (*TRANSFERS, b"/api/search")  # and what makes much work
STREAM = "myna.stream"  # in the ASGI scope's state: the stream of the request
# A body comes in parts: chunks, or what arrives at once. After the first hundreds they hold so many bytes on average.
FREE_PARTS, PART_BYTES = 256, 64
# A body goes on, either way, as its address's next request would begin: after so many bytes, which cost about as much.
PACED_BYTES = 64 * 1024
PART_COST = 1024  # bytes that cost as much as a part of the body does by itself


class RequestStream(HTTPStream):
    """Hypercorn's stream of one request, which holds what the request costs until its answer has been sent."""

    limits: Limits
    address: str | None  # the key of the client's address
    owner: str | None = None
    app_put: Any = None

    async def handle(self, event: Event) -> None:
        """An event of the protocol below: the request, a part of its body, or its end."""
        try:
            if isinstance(event, Request):
                event = Request(**{**vars(event), "state": ConnectionState({**event.state, STREAM: weakref.proxy(self)})})
                self._open(event)
            elif isinstance(event, Body) and not self.closed:
                self._count_part(len(event.data))
                if not self._announced:
                    self._hold_body(len(event.data))
                if self._is_turn(max(len(event.data), PART_COST)):
                    await self._tcp.in_turn(self.address, LONG_PAUSE_S)
        except ChatError as refusal:
            await self._refuse(refusal)
            return
        await super().handle(event)
        if isinstance(event, StreamClosed):
            self._held.close()

    def _open(self, request: Request) -> None:
        self._held = ExitStack()
        self._request = request
        self._tcp = connection_of(request.state)
        self._path = unquote(request.raw_path.partition(b"?")[0].decode("ascii"))  # as the application will see it
        self.limits = self.config.limits  # type: ignore[attr-defined]
        self.address = self.limits.client_of(self.client, request.headers)
        if self.address is not None and self._path not in UNCOUNTED:
            # One without a limit, a load tester's address, say, is not bounded in what it does as one owner either.
            self.limits.check_refusals(self.address)
            self.owner = owner_of(self.config.sessions, request.headers, self._path)  # type: ignore[attr-defined]
            count_request(self.limits, self.owner, request.method, self._path, self.address)
        self.hold("requests_of_address", self.limits.requests_of_address, self.address)
        self.hold("requests_of_owner", self.limits.requests_of_owner, self.owner)
        if request.method == "PUT" or any(end in request.raw_path for end in TRANSFERS):
            self.hold("transfers_of_address", self.limits.transfers_of_address, self.address)
        self._bytes = self._received = self._parts = self._unpaced = self._announced = 0
        self._held.callback(self._release_bytes)
        length = next((int(value) for name, value in request.headers if name == b"content-length"), 0)
        if length <= body_limit(request.method, self._path):  # a larger one is refused by the application, as too large
            # All of it from the beginning: what could not come to its end is not begun.
            self._announced = length
        self._hold_body(self._announced)  # 0 too: one that does not read its answers gets no more of them

    def _hold_body(self, size: int) -> None:
        if self._request.method == "PUT" and size:
            self.limits.check_rate("imports_of_address", self.limits.imports_of_address, self.address, size)
        self.hold_bytes(size)

    def _count_part(self, size: int) -> None:
        # A part costs time and memory, whatever is in it: a thousand times what its single byte does.
        self._parts += 1
        self._received += size
        if self._parts > FREE_PARTS + self._received // PART_BYTES:
            raise BadRequest(f"The parts of this body are too small: send at least {PART_BYTES} bytes at once.")

    def _is_turn(self, size: int) -> bool:
        """Count so many bytes more; whether they are enough to wait for this address's turn."""
        self._unpaced += size
        if self._unpaced < PACED_BYTES:
            return False
        self._unpaced = 0
        return True

    def hold(self, name: str, held: Held, key: str | None) -> None:
        """Count this request for a key until it ends. Raises `RateLimited` where that key has too many."""
        if key is not None:
            self.limits.check_held(name, held, key)
            self._held.callback(held.give_back, key)

    def hold_bytes(self, size: int) -> None:
        """Count bytes of the request's body, or of what its answer is made of, until it ends. Raises `RateLimited` or `Busy`."""
        self.limits.hold_body(self.address, self.owner, size)
        self._bytes += size

    def _release_bytes(self) -> None:
        self.limits.release_body(self.address, self.owner, self._bytes)
        self._bytes = 0

    async def app_send(self, message: Any) -> None:
        """A message of the application: its answer, or a part of it. Returns when the client has read most of it."""
        size = len(message["body"]) if message is not None and message.get("body") else 0
        with ExitStack() as sending:
            if size:
                self.limits.add_body(self.address, self.owner, size)
                sending.callback(self.limits.release_body, self.address, self.owner, size)
                if self._is_turn(size):
                    await self.limits.pace.begin(self.address, LONG_PAUSE_S)
            await super().app_send(message)

    async def _refuse(self, refusal: ChatError) -> None:
        """Answer without the application, and end the connection: what else comes of the request is not read."""
        self.closed = True
        if self.state is ASGIHTTPState.REQUEST:
            await self._answer(refusal)
        if self.app_put is not None:
            await self.app_put({"type": "http.disconnect"})
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def _send_error_response(self, status_code: int) -> None:
        """The application ended without an answer."""
        await self._answer(refused.of_status(status_code))

    async def _answer(self, refusal: ChatError) -> None:
        self.state = ASGIHTTPState.CLOSED
        headers, body = refused.answer(self.limits, refusal, self.address, self._path, self._request.headers)
        await self.send(Response(stream_id=self.stream_id, headers=headers, status_code=refusal.status))
        if self._request.method != "HEAD":
            await self.send(Body(stream_id=self.stream_id, data=body))
        await self.send(EndBody(stream_id=self.stream_id))
