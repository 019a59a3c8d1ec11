"""The websocket upgrade, and all websocket connections of this node. What one connection does is in connection.py."""

import asyncio
import random
from contextlib import ExitStack, suppress
from contextvars import Context
from typing import cast

import structlog
from quart import Blueprint, Response, websocket

from myna.protocol import log_codec
from myna.protocol.cursor import is_cursor
from myna.protocol.errors import Behind, ChatError, Close, InvalidFrame, Unauthorized
from myna.protocol.frames import Draining
from myna.protocol.session import Session
from myna.web.auth import check_origin, token_of
from myna.web.limits import TABLE
from myna.web.server.upgrade_stream import FrameWebsocket
from myna.web.services import Services
from myna.web.websocket.connection import Connection

log = structlog.get_logger()

DRAIN_SPREAD_S = 2.0  # reconnects after a drain are spread over this much
# Another node may have sent this client an event that this one has yet to read; a cursor further ahead is no cursor of ours.
RESUME_S = 2.0


class Gateway:
    """All connections of this node."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._connections: set[Connection] = set()
        self._open = 0  # sockets, with those that were closed and whose clients have yet to go
        self.blueprint = Blueprint("gateway", __name__)
        self.blueprint.websocket("/ws")(self.serve)

    async def serve(self) -> Response | None:
        """One upgrade. The socket then lives without a task, which would take more memory than all the rest of it."""
        services = self._services
        check_origin(websocket.headers, services.settings.allowed_origins)
        session, fresh = self._session()
        epoch, after = websocket.args.get("epoch", ""), websocket.args.get("after", "")
        if after and not is_cursor(after):
            raise InvalidFrame("after takes a cursor: the last one seen, of `welcome` or an event.")
        if after and epoch == services.projection.epoch:
            with suppress(ChatError):  # unreachable: then this is no resumption
                await services.queries.reach(session.owner, after, within_s=RESUME_S)
        if services.submissions.draining or not services.relay.ready:
            raise Behind("This node can't take sockets now; try again.", retry_after_s=1)
        frames = await cast(FrameWebsocket, websocket).accept_frames()
        if frames is not None:
            connection = Connection(services, session, frames, self._address())
            leaving = self._begin(connection)
            frames.closed.add_done_callback(lambda _: self._lost(leaving), context=Context())
            self._serve(connection, leaving, session.owner, fresh=fresh, epoch=epoch, after=after)
        return None

    def _begin(self, connection: Connection) -> ExitStack:
        """Keep a connection until what is returned is closed."""
        leaving = ExitStack()
        leaving.callback(self._end, connection)
        connection.on_end = leaving.close
        self._connections.add(connection)
        self._open += 1
        return leaving

    def _serve(self, connection: Connection, leaving: ExitStack, owner: str, *, fresh: bool, epoch: str, after: str) -> None:
        try:
            full = self._is_full(owner, leaving)
            if full is not None:
                connection.close(Close.OVERLOADED, full)
            else:
                connection.welcome(fresh=fresh, epoch=epoch, after=after)
            connection.start()
        except Exception:
            log.exception("connection.fault")
            connection.close(Close.RESTART, "Something went wrong here; reconnect and resume.")

    def _lost(self, leaving: ExitStack) -> None:
        self._open -= 1
        leaving.close()

    def _end(self, connection: Connection) -> None:
        connection.closing = connection.closing or (1000, "")  # the client has gone
        if connection.failure is not None:
            self._services.limits.refusals.close(*connection.failure, connection.address)
        self._services.hub.detach(connection.mailbox)
        connection.mailbox.abandon()
        self._connections.discard(connection)

    def _is_full(self, owner: str, leaving: ExitStack) -> str | None:
        """Count a socket for its address and owner until it is left; the sentence that refuses it where there are too many."""
        limits, address = self._services.limits, self._address()
        if len(self._connections) > self._services.settings.max_sockets:
            limits.count("sockets")
            return "This node has all the sockets it takes; try again later."
        for name, held, key in (
            ("sockets_of_address", limits.sockets_of_address, address),
            ("sockets_of_owner", limits.sockets_of_owner, owner),
        ):
            if key is None:
                continue
            if not held.take(key):
                limits.count(name)
                return f"There are all the sockets that one {TABLE[name].scope} may have; close some, or try again later."
            leaving.callback(held.give_back, key)
        return None

    def _address(self) -> str | None:
        client: tuple[str, int] | None = websocket.scope.get("client")
        return self._services.limits.client(client[0] if client else "", ",".join(websocket.headers.getlist("X-Forwarded-For")))

    def _session(self) -> tuple[Session, bool]:
        if "token" in websocket.args:
            raise Unauthorized("A token does not belong in a URL: send it as a cookie or as `Authorization: Bearer`.")
        token = token_of(websocket.headers, websocket.cookies)
        if token is None:
            limits = self._services.limits
            limits.check_rate("new_sessions", limits.new_sessions, self._address())
            return self._services.sessions.create(), True
        session = self._services.sessions.read(token)
        if session is None:
            raise Unauthorized("This token is not valid here; get a new one by POST /api/session.")
        return session, False

    async def drain(self) -> None:
        """Tell everybody, then close with 1012, spread over a moment so that they don't all come back at once."""
        connections = list(self._connections)
        for connection in connections:
            delay_ms = round(random.uniform(0, DRAIN_SPREAD_S) * 1000)
            connection.mailbox.put(log_codec.encode(Draining(reconnect_after_ms=delay_ms)))
        random.shuffle(connections)
        for connection in connections:
            connection.close(Close.RESTART, "This node restarts; reconnect and resume.")
            await asyncio.sleep(min(0.02, DRAIN_SPREAD_S / len(connections)))
        for _ in range(50):
            if not self._open:
                return
            await asyncio.sleep(0.05)
