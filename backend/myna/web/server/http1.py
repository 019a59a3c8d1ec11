"""HTTP/1.1 and nothing else: no HTTP/2, whether by preface, by `Upgrade: h2c` or by ALPN, and no upgrade but `websocket`."""

import re
from collections.abc import Iterator
from typing import Any, cast

import h11
from hypercorn.events import Closed, Event
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol

from myna.web.limits import Limits
from myna.web.server import refused
from myna.web.server.pace import LONG_PAUSE_S, PAUSE_S
from myna.web.server.request_stream import COSTLY
from myna.web.server.tcp_server import connection_of

# A host and a port (RFC 9110 §7.2): an address in brackets, or a name of labels of up to 63 characters.
HOST = re.compile(rb"(\[[0-9a-f:.]+\]|[\w~-]{1,63}(\.[\w~-]{1,63})*\.?)?(:\d{0,5})?", re.IGNORECASE)


class Ended:
    """Stands for the HTTP connection of a client that has gone: no request comes any more, and what is answered is dropped."""

    our_state = their_state = h11.ERROR
    they_are_waiting_for_100_continue = False

    def receive_data(self, data: bytes) -> None:
        """Nobody reads it."""

    def next_event(self) -> type[h11.NEED_DATA]:
        """None."""
        return h11.NEED_DATA

    def send(self, event: h11.Event) -> bytes:
        """Raises `LocalProtocolError`, which Hypercorn passes over in this state."""
        raise h11.LocalProtocolError("The client has gone.")


class Http1Protocol(H11Protocol):
    """Hypercorn's HTTP/1.1, which never becomes HTTP/2."""

    _has_body = True  # the answer to the request that is being read

    async def handle(self, event: Event) -> None:
        """Bytes from the client, or its end."""
        await super().handle(event)
        if isinstance(event, Closed):
            # Hypercorn reads no further until the answer before is whole. It never will be, and the connection would stay for ever.
            self.connection = cast(Any, Ended())
            await self.can_read.set()

    async def _check_protocol(self, event: h11.Request) -> None:
        """Hypercorn switches to HTTP/2 here; see `_create_stream`."""

    async def _create_stream(self, request: h11.Request) -> None:
        tcp = connection_of(self.connection_state)
        if tcp.writer.is_closing():
            # The client has gone. It may have sent thousands of requests before: none of them is answered.
            self.connection = cast(Any, Ended())
            return
        self._has_body = request.method != b"HEAD"
        limits: Limits = self.config.limits  # type: ignore[attr-defined]
        longest_pause_s = LONG_PAUSE_S if any(part in request.target for part in COSTLY) else PAUSE_S
        if not await tcp.in_turn(limits.client_of(self.client, request.headers), longest_pause_s):
            self.connection = cast(Any, Ended())
            return
        status = refusal_status(request)
        if status is None:
            await super()._create_stream(request)
            return
        await self._refuse(status)
        await self.send(Closed())

    async def _send_error_response(self, status_code: int) -> None:
        """Answer what could not be read as a request, in its address's turn."""
        limits: Limits = self.config.limits  # type: ignore[attr-defined]
        if await connection_of(self.connection_state).in_turn(limits.client_of(self.client, ()), PAUSE_S):
            await self._refuse(status_code)

    async def _refuse(self, status_code: int) -> None:
        """Answer a request that is not taken."""
        limits: Limits = self.config.limits  # type: ignore[attr-defined]
        refusal = refused.of_status(status_code)
        headers, body = refused.answer(limits, refusal, limits.client(self.client[0] if self.client else ""))
        await self._send_h11_event(h11.Response(status_code=refusal.status, headers=headers))
        if self._has_body:
            await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())


class Http1Connection(ProtocolWrapper):
    """The protocol of a TCP connection; Hypercorn's own changes it by what ALPN or the client says."""

    def __init__(
        self, app: Any, config: Any, context: Any, task_group: Any, state: Any, ssl: bool, client: Any, server: Any, send: Any,
        alpn_protocol: str | None = None,
    ) -> None:  # fmt: skip
        self.protocol = Http1Protocol(app, config, context, task_group, state, ssl, client, server, send)

    async def handle(self, event: Event) -> None:
        """Bytes from the client, or its end. More is read when these have been dealt with."""
        with connection_of(self.protocol.connection_state).reading_paused():
            await self.protocol.handle(event)


def refusal_status(request: h11.Request) -> int | None:
    """The status that refuses a request by its protocol; None for one that is taken."""
    if request.http_version not in (b"1.0", b"1.1"):
        return 505
    if not all(HOST.fullmatch(value) for name, value in request.headers if name == b"host"):
        return 400  # no name that could lead here; the framework fails at it, with two tracebacks each time
    if request.method == b"CONNECT" or any(protocol != b"websocket" for protocol in upgrades(request)):
        return 400
    # A proxy in front may count the body by the one, and we by the other (RFC 9112 §6.3): what is left would be a request of its own.
    if {b"transfer-encoding", b"content-length"} <= {name for name, _ in request.headers}:
        return 400
    return None


def upgrades(request: h11.Request) -> Iterator[bytes]:
    """The protocols that a request asks to switch to (RFC 9110 §7.8)."""
    for name, value in request.headers:
        if name == b"upgrade":
            yield from (protocol.strip().lower() for protocol in value.split(b","))
