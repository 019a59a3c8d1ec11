"""Route: the websocket — one reader and one writer per connection. It never touches broker or database itself."""

import asyncio
import json
import random
from typing import Any
from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError
from quart import Blueprint, Response, abort, websocket

from backend import events as e
from backend.cursor import is_cursor
from backend.edge import FrameWebsocket
from backend.errors import Busy, ChatError, Close, InvalidFrame, InvalidText, RateLimited
from backend.hub import Mailbox
from backend.mock_ai.port import Brain
from backend.rates import Bucket
from backend.rooms import Rooms
from backend.sessions import COOKIE, Session

log = structlog.get_logger()

SEND_S = 20.0  # a socket that takes nothing for so long is cut off; it resumes when it can read again
REFUSALS = 1_000  # frames refused by the bucket in a row before the socket is closed as flooding
DRAIN_SPREAD_S = 2.0  # reconnects after a drain are spread over this much


class Connection:
    """One live socket: its owner, its mailbox, its bucket."""

    def __init__(self, rooms: Rooms, session: Session, socket: FrameWebsocket) -> None:
        self.closing: tuple[int, str] | None = None
        self._rooms = rooms
        self._session = session
        self._socket = socket
        self._signal = asyncio.Event()
        self.mailbox = Mailbox(session.owner, self._signal.set)
        self._loop = asyncio.get_running_loop()
        self._bucket = Bucket(rooms.settings.rate_per_s, rooms.settings.rate_burst, self._loop.time())
        self._refused = 0
        self._stops: set[asyncio.Task[None]] = set()

    def close(self, code: int, reason: str) -> None:
        """End this connection after what is in its mailbox; the first code given counts."""
        self.closing = self.closing or (code, reason)
        self._signal.set()

    def welcome(self, *, fresh: bool, epoch: str, after: str) -> None:
        """Position first, then what was missed, then live: all in one go, so nothing can come between."""
        timeline, owner = self._rooms.timeline, self._session.owner
        missed = timeline.missed(owner, epoch, after) if after else None
        frame = e.Welcome(
            owner=owner,
            token=self._session.token if fresh else None,
            epoch=timeline.epoch,
            cursor=timeline.cursor(owner),
            resumed=missed is not None,
            heartbeat_s=self._rooms.settings.heartbeat_s,
        )
        self.mailbox.preload([e.encode(frame).decode(), *(missed or ())])
        self._rooms.hub.attach(self.mailbox)

    async def write(self) -> None:
        """Send what the mailbox gets until the connection is to end; returns then."""
        while True:
            await self._signal.wait()
            self._signal.clear()
            frames = self.mailbox.take()
            if frames:
                try:
                    async with asyncio.timeout(SEND_S):
                        await self._socket.send_frames(frames)
                except TimeoutError:
                    self.close(Close.TOO_SLOW, "You read too slowly; reconnect and resume.")
            if self.mailbox.overflowed:
                self.close(Close.TOO_SLOW, "You read too slowly; reconnect and resume.")
            elif self.mailbox.expelled:
                self.close(Close.RESTART, "The log was replaced; reconnect and read your state anew.")
            if self.closing is not None:
                return

    async def read(self) -> None:
        """Take frames until the connection is to end."""
        while self.closing is None:
            data: Any = await self._socket.receive()
            if not isinstance(data, str):
                self.close(Close.BINARY_FRAME, "Send text frames; this one was binary.")
                return
            wait_s = self._bucket.take(self._loop.time())
            if wait_s:
                self._refuse_rate(data, wait_s)
                continue
            self._refused = 0
            try:
                self._handle(parse(data))
            except ChatError as error:
                self._say_error(error)

    def _refuse_rate(self, data: str, wait_s: float) -> None:
        self._refused += 1
        if self._refused > REFUSALS:
            self.close(Close.FLOODING, "Far too many frames.")
            return
        if self._refused == 1 or self._refused % 100 == 0:  # one answer to each of a flood would be a flood of ours
            detail = f"At most {self._rooms.settings.rate_per_s:g} frames a second; slow down."
            self._say_error(RateLimited(detail, ref=ref_of(data), retry_after_s=round(wait_s, 2)))

    def _handle(self, frame: e.MessageSend | e.ReplyStop | e.ReplyRegenerate | e.Ping) -> None:
        if isinstance(frame, e.MessageSend):
            self._check_options(frame.options, frame.id)
            self._rooms.intake.send(self._session, frame, self._answer, self._present)
        elif isinstance(frame, e.Ping):
            self.mailbox.put(e.encode(e.Pong(nonce=frame.nonce)).decode())
        elif isinstance(frame, e.ReplyRegenerate):
            self._check_options(frame.options, frame.id)
            self._rooms.intake.regenerate(self._session, frame, self._answer, self._present)
        else:
            if len(self._stops) >= e.WAITING_LIMIT:
                raise Busy("Too many stops at once; send this one again.", ref=frame.message_id, retry_after_s=1)
            task = asyncio.create_task(self._stop(frame), name="stop")
            self._stops.add(task)
            task.add_done_callback(self._stops.discard)

    def _check_options(self, options: e.Options | None, ref: str) -> None:
        check_options(self._rooms.brain, options, ref)

    async def _stop(self, frame: e.ReplyStop) -> None:
        try:
            await self._rooms.intake.stop(self._session.owner, frame.conversation_id, frame.message_id)
        except ChatError as error:
            error.ref = error.ref or frame.message_id
            self._say_error(error)

    def _present(self) -> bool:
        return self.closing is None

    def _answer(self, result: e.MessageAccepted | ChatError) -> None:
        if isinstance(result, ChatError):
            self._say_error(result)
        else:
            self.mailbox.put(e.encode(result).decode())

    def _say_error(self, error: ChatError) -> None:
        frame = e.ErrorFrame(code=error.code, detail=error.detail, ref=error.ref, retry_after_s=error.retry_after_s)
        self.mailbox.put(e.encode(frame).decode())


def check_options(brain: Brain, options: e.Options | None, ref: str | None) -> None:
    """Raise `InvalidFrame` when options name something that the brain does not know."""
    if options is not None and (problem := brain.knows(options.profile, options.scenario)):
        raise InvalidFrame(problem, ref=ref)


def parse(data: str) -> e.MessageSend | e.ReplyStop | e.ReplyRegenerate | e.Ping:
    """A client's frame. Raises `InvalidFrame` or `InvalidText`, which say what is wrong and what is allowed."""
    try:
        return e.CLIENT_FRAME.validate_json(data)
    except (ValidationError, UnicodeEncodeError) as error:
        raise frame_error(error, ref_of(data)) from None


def frame_error(error: ValidationError | UnicodeEncodeError, ref: str | None) -> ChatError:
    """What was wrong with a frame or a request's body, in one sentence."""
    text_rule = f"text takes 1 to {e.TEXT_LIMIT} characters, none of them NUL or a lone surrogate"
    if isinstance(error, UnicodeEncodeError):
        return InvalidText(f"{text_rule}.", ref=ref)
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("message.send", "reply.stop", "reply.regenerate", "ping"))
    if (place == "text" and first["type"] not in ("missing", "string_type")) or "surrogate" in first["msg"]:
        return InvalidText(f"{text_rule}: {first['msg'].lower()}.", ref=ref)
    return InvalidFrame(f"{place or 'frame'}: {first['msg']}.", ref=ref)


def ref_of(data: str) -> str | None:
    """The `id` of a frame that can't be taken, if it has one."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    ref = found.get("id") if isinstance(found, dict) else None
    return ref if isinstance(ref, str) and len(ref) <= 64 else None


class Gateway:
    """All connections of this node."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._connections: set[Connection] = set()
        self.blueprint = Blueprint("gateway", __name__)
        self.blueprint.websocket("/ws")(self.serve)

    async def serve(self) -> Response | None:
        """One socket from upgrade to close."""
        rooms = self._rooms
        check_origin(websocket.headers, rooms.settings.allowed_origins)
        session, fresh = self._session()
        epoch, after = websocket.args.get("epoch", ""), websocket.args.get("after", "")
        if after and not is_cursor(after):
            abort(400, "after is not a cursor")
        if rooms.intake.draining or not rooms.relay.ready:
            abort(503, "This node can't take sockets now.")
        await websocket.accept()
        connection = Connection(rooms, session, websocket._get_current_object())  # type: ignore[attr-defined]
        self._connections.add(connection)
        if len(self._connections) > rooms.settings.max_sockets:
            connection.close(Close.OVERLOADED, "This node has all the sockets it takes; try again later.")
        else:
            connection.welcome(fresh=fresh, epoch=epoch, after=after)
        try:
            await self._run(connection)
        finally:
            connection.closing = connection.closing or (1000, "")
            rooms.hub.detach(connection.mailbox)
            self._connections.discard(connection)
        return None

    async def _run(self, connection: Connection) -> None:
        reader = asyncio.create_task(connection.read(), name="socket reader")
        writer = asyncio.create_task(connection.write(), name="socket writer")
        try:
            await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
            for task in (reader, writer):
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    log.error("gateway.fault", exc_info=error)
                    connection.close(Close.RESTART, "Something went wrong here; reconnect and resume.")
            if not writer.done():
                await asyncio.wait([writer], timeout=1)  # the reader ended it: let what is in the mailbox go first
            code, reason = connection.closing or (Close.RESTART, "")
            await websocket.close(code, reason)
        finally:
            for task in (reader, writer):
                task.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    def _session(self) -> tuple[Session, bool]:
        if "token" in websocket.args:
            abort(401, "A token does not belong in a URL: send it as a cookie or as `Authorization: Bearer`.")
        token = token_of(websocket.headers, websocket.cookies)
        if token is None:
            return self._rooms.sessions.create(), True
        session = self._rooms.sessions.read(token)
        if session is None:
            abort(401, "This token is not valid here; get a new one by POST /api/session.")
        return session, False

    async def drain(self) -> None:
        """Tell everybody, then close with 1012, spread over a moment so that they don't all come back at once."""
        connections = list(self._connections)
        for connection in connections:
            delay_ms = round(random.uniform(0, DRAIN_SPREAD_S) * 1000)
            connection.mailbox.put(e.encode(e.Draining(reconnect_after_ms=delay_ms)).decode())
        random.shuffle(connections)
        for connection in connections:
            connection.close(Close.RESTART, "This node restarts; reconnect and resume.")
            await asyncio.sleep(min(0.02, DRAIN_SPREAD_S / len(connections)))
        for _ in range(50):
            if not self._connections:
                return
            await asyncio.sleep(0.05)


def token_of(headers: Any, cookies: Any) -> str | None:
    """The credential of a request: the bearer token, else the cookie."""
    authorization: str = headers.get("Authorization", "")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    cookie: str | None = cookies.get(COOKIE)
    return cookie


def check_origin(headers: Any, allowed: list[str]) -> None:
    """A browser's page must be ours or allowed; who sends no Origin is no browser. Aborts with 403."""
    origin = headers.get("Origin")
    if origin is None or origin in allowed:
        return
    parts = urlsplit(origin)
    if (
        parts.scheme in ("http", "https")
        and parts.netloc.lower() == headers.get("Host", "").lower()
        and origin == f"{parts.scheme}://{parts.netloc}"
    ):
        return
    abort(403, "This page's origin is not allowed here (CHAT_ALLOWED_ORIGINS).")
