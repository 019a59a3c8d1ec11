"""Route: one live socket — what it hears, its writer, its mailbox. It never touches broker or database itself."""

import asyncio

import structlog

from myna.core.hub import Mailbox
from myna.core.token_bucket import TokenBucket
from myna.protocol import events as e
from myna.protocol import log_lines
from myna.protocol.errors import Busy, ChatError, Close, RateLimited
from myna.protocol.frames import ErrorFrame, MessageAccepted, MessageSend, Ping, Pong, ReplyRegenerate, ReplyStop, Welcome
from myna.protocol.session import Session
from myna.web.server.hypercorn_patches import FrameWebsocket
from myna.web.services import Services
from myna.web.validation import check_options
from myna.web.websocket.frame_parsing import parse_frame, ref_of

log = structlog.get_logger()

SEND_S = 20.0  # a socket that takes nothing for so long is cut off; it resumes when it can read again
# Turns of the loop for which a frame waits for others: a message's confirm and its place in the log come by two sockets, and go to the
# client in one write then. With nothing else to do these turns take some 20 µs.
GATHER_TURNS = 2
REFUSALS = 1_000  # frames refused, less those let through, before the socket is closed as flooding


class Connection:
    """One live socket: its owner, its mailbox, its bucket."""

    def __init__(self, services: Services, session: Session, socket: FrameWebsocket) -> None:
        self.closing: tuple[int, str] | None = None
        self._services = services
        self._session = session
        self._socket = socket
        self._trouble = asyncio.Event()  # the buffer is full, or the connection is to end
        self._flushing = self._full = False
        self._loop = asyncio.get_running_loop()
        self.mailbox = Mailbox(session.owner, self._wake)
        self._bucket = TokenBucket(services.settings.rate_per_s, services.settings.rate_burst, self._loop.time())
        self._refused = 0
        self._stops: set[asyncio.Task[None]] = set()

    def close(self, code: int, reason: str) -> None:
        """End this connection after what is in its mailbox; the first code given counts."""
        self.closing = self.closing or (code, reason)
        self._trouble.set()

    def welcome(self, *, fresh: bool, epoch: str, after: str) -> None:
        """Position first, then what was missed, then live: all in one go, so nothing can come between."""
        projection, owner = self._services.projection, self._session.owner
        missed = projection.missed(owner, epoch, after) if after else None
        frame = Welcome(
            owner=owner,
            token=self._session.token if fresh else None,
            epoch=projection.epoch,
            cursor=projection.cursor(owner),
            resumed=missed is not None,
            heartbeat_s=self._services.settings.heartbeat_s,
        )
        self.mailbox.preload([log_lines.encode(frame), *(missed or ())])
        self._services.hub.attach(self.mailbox)

    def _wake(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._gather, GATHER_TURNS)

    def _gather(self, turns: int) -> None:
        if turns:
            self._loop.call_soon(self._gather, turns - 1)
        else:
            self._flush()

    def _flush(self) -> None:
        self._flushing = False
        if self._full:
            return
        frames = self.mailbox.take()
        self._full = bool(frames) and not self._socket.send_frames(frames)
        if self._full or self.mailbox.overflowed or self.mailbox.expelled:
            self._trouble.set()

    async def write(self) -> None:
        """Wait where a write must: for room in a full buffer. Returns when all is sent and the connection is to end."""
        while True:
            await self._trouble.wait()
            self._trouble.clear()
            if self._full and not await self._has_room():
                return
            self._flush()
            if self.mailbox.overflowed:
                self.close(Close.TOO_SLOW, "You read too slowly; reconnect and resume.")
            elif self.mailbox.expelled:
                self.close(Close.RESTART, "The log was replaced; reconnect and read your state anew.")
            if self.closing is not None:
                if self._full:
                    await self._has_room()
                return

    async def _has_room(self) -> bool:
        try:
            async with asyncio.timeout(SEND_S):
                await self._socket.drained()
        except TimeoutError:
            self.close(Close.TOO_SLOW, "You read too slowly; reconnect and resume.")
            return False
        self._full = False
        return True

    def hear(self, data: str | bytes) -> None:
        """Take one frame, at once. What it asks for happens later; what it is told goes to the mailbox."""
        if self.closing is not None:
            return
        if not isinstance(data, str):
            self.close(Close.BINARY_FRAME, "Send text frames; this one was binary.")
            return
        wait_s = self._bucket.take(self._loop.time())
        if wait_s:
            self._refuse_rate(data, wait_s)
            return
        self._refused = max(0, self._refused - 1)
        try:
            self._handle(parse_frame(data))
        except ChatError as error:
            self._say_error(error)
        except Exception:
            log.exception("connection.fault")
            self.close(Close.RESTART, "Something went wrong here; reconnect and resume.")

    def _refuse_rate(self, data: str, wait_s: float) -> None:
        self._refused += 1
        if self._refused > REFUSALS:
            self.close(Close.FLOODING, "Far too many frames.")
            return
        rate = self._services.settings.rate_per_s
        # Each hears when its turn would come, so that they don't all come back together.
        retry_after_s = max(0.1, round(wait_s + self._refused / rate, 2))
        self._say_error(RateLimited(f"At most {rate:g} frames a second; slow down.", ref=ref_of(data), retry_after_s=retry_after_s))

    def _handle(self, frame: MessageSend | ReplyStop | ReplyRegenerate | Ping) -> None:
        if isinstance(frame, MessageSend):
            check_options(self._services.brain, frame.options, frame.id)
            self._services.submissions.submit(self._session, frame, self._answer, self._present)
        elif isinstance(frame, Ping):
            self.mailbox.put(log_lines.encode(Pong(nonce=frame.nonce)))
        elif isinstance(frame, ReplyRegenerate):
            check_options(self._services.brain, frame.options, frame.id)
            self._services.submissions.submit(self._session, frame, self._answer, self._present)
        else:
            if len(self._stops) >= e.WAITING_LIMIT:
                raise Busy("Too many stops at once; send this one again.", ref=frame.message_id, retry_after_s=1)
            task = asyncio.create_task(self._stop(frame), name="stop")
            self._stops.add(task)
            task.add_done_callback(self._stops.discard)

    async def _stop(self, frame: ReplyStop) -> None:
        try:
            await self._services.commands.stop(self._session.owner, frame.conversation_id, frame.message_id)
        except ChatError as error:
            error.ref = error.ref or frame.message_id
            self._say_error(error)

    def _present(self) -> bool:
        return self.closing is None

    def _answer(self, result: MessageAccepted | ChatError) -> None:
        if isinstance(result, ChatError):
            self._say_error(result)
        else:
            self.mailbox.put(log_lines.encode(result))

    def _say_error(self, error: ChatError) -> None:
        frame = ErrorFrame(code=error.code, detail=error.detail, ref=error.ref, retry_after_s=error.retry_after_s)
        self.mailbox.put(log_lines.encode(frame))
