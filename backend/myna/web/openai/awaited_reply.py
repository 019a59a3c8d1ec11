"""One message sent for an HTTP request, and its reply as it comes in from the log."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from myna.core.hub import Mailbox
from myna.protocol.errors import Behind, ChatError
from myna.protocol.frames import MessageSend
from myna.protocol.ids import reply_id_for
from myna.protocol.session import Session
from myna.web.api.messages import accept
from myna.web.openai import schema
from myna.web.openai.completion import Frame
from myna.web.openai.wire_failures import is_wire_failure
from myna.web.services import Services

log = structlog.get_logger()

KEEP_ALIVE_S = 15.0  # below the 30 to 60 seconds after which proxies take silence for an end


class AwaitedReply:
    """A message that one request sends, and the reply it waits for."""

    def __init__(self, services: Services, session: Session, message: MessageSend) -> None:
        self.message = message
        self.id = reply_id_for(session.owner, message.id)
        self._mark = self.id.encode()
        self._services = services
        self._session = session
        self._epoch, self._cursor = services.projection.epoch, services.projection.cursor(session.owner)

    async def send(self) -> None:
        """Send the message. Raises the `ChatError` that it is rejected with."""
        try:
            await accept(self._services.submissions, self._session, self.message)
        except asyncio.CancelledError:
            await self._stop()
            raise

    async def end(self) -> Frame:
        """`reply.completed`, once it is there, or a failure on the wire with the `text` before it. Raises `Fault` for any other failure."""
        said = ""
        async with aclosing(self.frames()) as frames:
            async for frame in frames:
                if frame is None:
                    continue
                if frame["type"] == "reply.completed":
                    return frame
                if is_wire_failure(frame):
                    return {**frame, "text": said}
                if frame["type"] == "reply.failed":
                    raise schema.failure(frame)
                if frame["type"] == "reply.delta":
                    said += frame["text"]
        raise Behind("The reply's end was not seen here.")

    async def frames(self) -> AsyncGenerator[Frame | None, None]:
        """The reply's frames in order, the last one its end; None after so much silence that a sign of life is due.

        Leaving before the end (the client hangs up) stops the reply. Raises `Behind` when continuity is lost.
        """
        signal, ended = asyncio.Event(), False
        mailbox = self._attach(signal)
        due = _now() + KEEP_ALIVE_S
        try:
            while not ended:
                if not await _set_by(signal, due):
                    due = _now() + KEEP_ALIVE_S
                    yield None
                    continue
                signal.clear()
                texts = mailbox.take()
                for frame in filter(None, map(self._mine, texts)):
                    due = _now() + KEEP_ALIVE_S
                    ended = frame["type"] in ("reply.completed", "reply.failed")
                    yield frame
                if mailbox.expelled:
                    raise Behind("The log was replaced meanwhile; send the request again.")
                if mailbox.overflowed and not ended:
                    self._cursor = json.loads(texts[-1])["cursor"]
                    mailbox = self._attach(signal)
        except (GeneratorExit, asyncio.CancelledError):
            if not ended:
                await self._stop()
            raise
        finally:
            self._services.hub.detach(mailbox)

    def _attach(self, signal: asyncio.Event) -> Mailbox:
        # As a socket resumes: what was missed since the cursor, then live. Nothing is attached before somebody reads.
        missed = self._services.projection.missed(self._session.owner, self._epoch, self._cursor)
        if missed is None:
            raise Behind("This node lost track of the reply; send the request again.")
        mailbox = Mailbox(self._session.owner, signal.set, self._mark)
        mailbox.preload(missed)
        self._services.hub.attach(mailbox)
        return mailbox

    def _mine(self, text: bytes) -> Frame | None:
        if self._mark not in text:
            return None
        frame: Frame = json.loads(text)
        return frame if frame.get("reply_id") == self.id else None

    async def _stop(self) -> None:
        # A node that restarts drops its clients too; their replies are wanted.
        if self._services.submissions.draining:
            return
        try:
            await self._services.commands.stop(self._session.owner, self.message.conversation_id, self.message.id)
        except ChatError as error:
            log.info("openai.not_stopped", message_id=self.message.id, reason=error.detail)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _set_by(signal: asyncio.Event, due: float) -> bool:
    """Whether the signal is set before this time of the loop's clock."""
    try:
        async with asyncio.timeout_at(due):
            await signal.wait()
    except TimeoutError:
        return False
    return True
