"""Hypercorn's websocket stream for the handshake alone: after the 101 the socket belongs to a `FrameTransport`."""

import weakref
from contextvars import Context
from typing import Any, cast

from hypercorn.protocol.events import Body, Data, EndBody, Event, Request, Response, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from hypercorn.typing import ConnectionState
from quart import Websocket
from websockets.frames import CloseCode

from myna.web.server import refused
from myna.web.server.request_stream import STREAM
from myna.web.server.tcp_server import connection_of
from myna.web.websocket.transport import FrameTransport


class UpgradeStream(WSStream):
    """Answers the handshake, without extensions, and gives the TCP connection away."""

    frames: FrameTransport | None = None

    async def handle(self, event: Event) -> None:
        """An event of the protocol below: the request, its end, or bytes that came right behind the handshake."""
        if isinstance(event, Request):
            self._tcp = connection_of(event.state)
            self._address = self._tcp.limits.client_of(self.client, event.headers)
            event = Request(**{**vars(event), "state": ConnectionState({**event.state, STREAM: weakref.proxy(self)})})
        elif isinstance(event, Data) and self.frames is not None:
            self.frames.data_received(event.data)
            return
        elif isinstance(event, (Body, Data)) and self.state is not ASGIWebsocketState.HANDSHAKE:
            return  # frames behind a refusal, which ends the connection
        refused = self.closed
        await super().handle(event)
        if self.closed and not refused and not isinstance(event, StreamClosed):
            # Hypercorn answers a bad handshake, or bytes before its answer, and leaves the connection open for ever.
            await self.send(StreamClosed(stream_id=self.stream_id))
            if self.app_put is not None:
                await self.app_put({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE})

    async def _accept(self, message: Any) -> None:
        # permessage-deflate can't be switched off in Hypercorn: half a megabyte can make half a gigabyte of us.
        self.handshake.extensions = None
        status, headers, _ = self.handshake.accept(message.get("subprotocol"), message.get("headers", []))
        self.state = ASGIWebsocketState.CONNECTED
        await self.send(Response(stream_id=self.stream_id, status_code=status, headers=headers))
        self.frames = FrameTransport(self._tcp.limits, self._address)
        # In a context of its own: timers would keep this one, and with it the framework's objects of the upgrade, some 25 KB.
        Context().run(self.frames.take_over, cast(Any, self._tcp.writer.transport), self._tcp.give_away())

    async def app_send(self, message: Any) -> None:
        """A message of the application: its answer to the handshake. What it sends later goes by the transport, which is on its own."""
        if self.frames is None:
            await super().app_send(message)
        elif message is None:
            self._tcp.let_go()

    async def _send_error_response(self, status_code: int) -> None:
        """It was no handshake, or the application ended without an answer."""
        refusal = refused.of_status(status_code)
        headers, body = refused.answer(self._tcp.limits, refusal, self._address)
        await self.send(Response(stream_id=self.stream_id, headers=headers, status_code=refusal.status))
        await self.send(Body(stream_id=self.stream_id, data=body))
        await self.send(EndBody(stream_id=self.stream_id))


class FrameWebsocket(Websocket):
    """Quart's websocket, with the transport of its frames."""

    async def accept_frames(self) -> FrameTransport | None:
        """Accept the upgrade; from then on frames go by the transport, not by `receive` and `send`. None: the client has gone."""
        await self.accept()
        stream: UpgradeStream = cast(Any, self.scope)["state"][STREAM]
        return stream.frames
