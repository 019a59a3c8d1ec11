"""One websocket connection: takes the frames of its client, and sends what is in its mailbox."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from itertools import chain
from typing import assert_never

import structlog
from structlog.contextvars import bind_contextvars, get_contextvars

from myna.core.hub import Mailbox
from myna.core.token_bucket import TokenBucket
from myna.protocol import log_codec
from myna.protocol.errors import Busy, ChatError, Close, Internal, RateLimited
from myna.protocol.event_fields import WAITING_LIMIT
from myna.protocol.frames import ClientFrame, ErrorFrame, MessageAccepted, MessageSend, Ping, Pong, ReplyRegenerate, ReplyStop, Welcome
from myna.protocol.session import Session
from myna.web.brain_options import with_rules
from myna.web.refusals import new_request_id
from myna.web.services import Services
from myna.web.validation import check_options
from myna.web.websocket.frame_parsing import parse_frame, ref_of
from myna.web.websocket.frame_socket import FrameSocket

log = structlog.get_logger()

REFUSALS = 1_000  # frames refused, less those accepted, before the connection is closed as flooding
# From the end of a session to that of its sockets. By then a browser has the answer that takes its cookie away, and comes back
# without.
SESSION_END_S = 1.0


class Connection:
    """One live websocket of an owner. It never touches broker or database itself."""

    def __init__(self, services: Services, session: Session, socket: FrameSocket, address: str | None = None) -> None:
        self.closing: tuple[int, str] | None = None  # code and reason, once it is to end
        self.on_end: Callable[[], None] = _nothing  # called a moment after `closing` is set
        self._services = services
        self._session = session
        self._socket = socket
        self.address = address  # the key of the client's address; None: no limit of its own
        self._loop = asyncio.get_running_loop()
        self.mailbox = Mailbox(session.owner, self._wake)
        self._bucket = TokenBucket(services.settings.rate_per_s, services.settings.rate_burst, self._loop.time())
        self._refused = 0
        self._stops: set[asyncio.Task[None]] = set()

    def welcome(self, *, fresh: bool, epoch: str, after: str) -> None:
        """Position first, then what was missed, then live: without an await, so that nothing can come between."""
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
        self.mailbox.preload(chain([log_codec.encode(frame)], missed or ()))
        self._services.hub.attach(self.mailbox)

    def start(self) -> None:
        """Serve from now on, in the calls of the socket and of the mailbox, until the connection is to end."""
        # Lines of the log about a frame have the id of the upgrade; all else that is known here would stay in memory with it.
        context = Context()
        context.run(bind_contextvars, **get_contextvars())
        self._socket.start(lambda text: context.run(self.receive, text), self.mailbox.take_some)

    @property
    def failure(self) -> tuple[int, str] | None:
        """See `FrameSocket`."""
        return self._socket.failure

    def close(self, code: int, reason: str) -> None:
        """End this connection after what is in its mailbox; the first code counts."""
        if self.closing is None:
            self.closing = code, reason
            self._socket.close(code, reason)
            self._loop.call_soon(self.on_end)

    def _wake(self) -> None:
        if self.mailbox.overflowed:
            self.close(Close.TOO_SLOW, "You read too slowly; reconnect and resume.")
        elif self.mailbox.session_ended:
            self._loop.call_later(SESSION_END_S, self.close, Close.SESSION_ENDED, "This session has ended; begin a new one.")
        elif self.mailbox.expelled:
            self.close(Close.RESTART, "The log was replaced; reconnect and read your state anew.")
        elif self.mailbox.cut_off:
            self._socket.abort("It was cut on purpose.")
        else:
            self._socket.wake()

    def receive(self, text: str) -> None:
        """Handle one text frame. What it asks for happens later; its answers go to the mailbox."""
        if self.closing is not None or self.mailbox.session_ended:
            return
        limits = self._services.limits
        wait_s = self._bucket.take(self._loop.time())
        if wait_s:
            limits.count("frames")
        else:
            wait_s = limits.wait_s("frames_of_address", limits.frames_of_address, self.address)
        if wait_s:
            self._refuse_rate(text, wait_s)
            return
        self._refused = max(0, self._refused - 1)
        try:
            self._handle(parse_frame(text))
        except ChatError as error:
            self._send_error(error)
        except Exception:
            log.exception("connection.fault")
            self.close(Close.RESTART, "Something went wrong here; reconnect and resume.")

    def _refuse_rate(self, text: str, wait_s: float) -> None:
        self._refused += 1
        if self._refused > REFUSALS:
            self.close(Close.FLOODING, "Far too many frames.")
            return
        rate = self._services.settings.rate_per_s
        # Each refusal names another moment, so that the refused frames don't all come back together.
        retry_after_s = max(0.1, round(wait_s + self._refused / rate, 2))
        self._send_error(RateLimited(f"At most {rate:g} frames a second; slow down.", ref=ref_of(text), retry_after_s=retry_after_s))

    def _handle(self, frame: ClientFrame) -> None:
        self._services.http.frames[frame.type] += 1
        match frame:
            case MessageSend() | ReplyRegenerate():
                rules = self._services.mock_setups.rules(self._session.owner)
                check_options(self._services.brain, frame.options, rules, frame.id)
                frame = with_rules(frame, rules)
                self._services.submissions.submit(self._session, frame, self._send_result, self._is_open)
            case ReplyStop():
                self._start_stop(frame)
            case Ping():
                self.mailbox.put(log_codec.encode(Pong(nonce=frame.nonce)))
            case _:
                assert_never(frame)

    def _start_stop(self, frame: ReplyStop) -> None:
        if len(self._stops) >= WAITING_LIMIT:
            raise Busy("Too many stops at once; send this one again.", ref=frame.message_id, retry_after_s=1)
        task = asyncio.create_task(self._stop(frame), name="stop")
        self._stops.add(task)
        task.add_done_callback(self._stops.discard)

    async def _stop(self, frame: ReplyStop) -> None:
        try:
            await self._services.commands.stop(self._session.owner, frame.conversation_id, frame.message_id)
        except ChatError as error:
            error.ref = error.ref or frame.message_id
            self._send_error(error)
        except Exception:
            log.exception("connection.stop_failed", message_id=frame.message_id)
            self._send_error(Internal("Something went wrong here; send this stop again.", ref=frame.message_id))

    def _is_open(self) -> bool:
        return self.closing is None

    def _send_result(self, result: MessageAccepted | ChatError) -> None:
        if isinstance(result, ChatError):
            self._send_error(result)
        else:
            self.mailbox.put(log_codec.encode(result))

    def _send_error(self, error: ChatError) -> None:
        request_id = new_request_id()
        self._services.limits.refusals.refuse("frame", error, request_id, self.address)
        frame = ErrorFrame(code=error.code, detail=error.detail, ref=error.ref, retry_after_s=error.retry_after_s, request_id=request_id)
        self.mailbox.put(log_codec.encode(frame))


def _nothing() -> None:
    """Nobody is to be told."""
