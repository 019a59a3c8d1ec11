"""A message that was accepted and the reply to it, as it comes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from msgspec import convert

from myna.client.errors import ClientError, ReplyFailed
from myna.client.events import ReplyCompleted, ReplyDelta, ReplyEvent, ReplyFailure, ReplyStarted
from myna.protocol.event_fields import FinishReason
from myna.protocol.events import Timings
from myna.protocol.views import ReplyError


class Turn:
    """`async for text in turn` gives the reply's text as it comes; `await turn.reply()` all of it.

    `id` is the submission's, `message_id` the message's (the same but for one more reply to an earlier message), `parts` how
    many parts of the reply came, `text` what they are together.
    """

    def __init__(self, submission_id: str, conversation_id: str, message_id: str) -> None:
        self.id, self.conversation_id, self.message_id = submission_id, conversation_id, message_id
        self.reply_id: str | None = None  # known once the reply has begun
        self.text, self.parts = "", 0
        self.finish_reason: FinishReason | None = None
        self.timings: Timings | None = None
        self.restarts = 0  # how often the text began anew, as a brain that can't continue does after a crash
        self._error: ClientError | None = None
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether the reply is whole, stopped or failed."""
        return self.finish_reason is not None or self._error is not None

    async def reply(self) -> str:
        """The whole text, once it is there; what there is of a stopped reply. Raises `ReplyFailed`."""
        async for _ in self:
            pass
        return self.text

    async def __aiter__(self) -> AsyncIterator[str]:
        """The text as it comes. Raises `ReplyFailed` at its end, `ClientError` when the chat is closed before."""
        given, restarts = 0, 0
        while True:
            changed = self._changed
            if restarts != self.restarts:
                given, restarts = 0, self.restarts
            if len(self.text) > given:
                new, given = self.text[given:], len(self.text)
                yield new
                continue
            if self._error is not None:
                raise self._error
            if self.ended:
                return
            await changed.wait()

    # --- for the chat ---

    async def acceptance(self) -> None:
        """Wait until the message is accepted. Raises `Refused` and the chat's own end."""
        await asyncio.shield(self._accepted)

    def accept(self) -> None:
        """The server has promised an answer."""
        if not self._accepted.done():
            self._accepted.set_result(None)

    def fail(self, error: ClientError) -> None:
        """Nothing more will come."""
        if not self._accepted.done():
            self._accepted.set_exception(error)
            self._accepted.exception()  # nobody has to wait for it
        if not self.ended:
            self._error = error
            self._wake()

    def process(self, event: ReplyEvent) -> None:
        """Take in an event of this reply; what was seen before does not count twice."""
        self.reply_id = event.reply_id
        match event:
            case ReplyStarted(restarted=True):
                self.text, self.parts, self.restarts = "", 0, self.restarts + 1
            case ReplyDelta(index=index, text=text) if index == self.parts:
                self.text, self.parts = self.text + text, index + 1
            case ReplyCompleted():
                self._complete(event.text, event.parts, event.finish_reason, event.timings)
            case ReplyFailure():
                self.fail(ReplyFailed(event.code, event.detail, retryable=event.retryable))
            case _:
                return
        self._wake()

    def read(self, item: dict[str, Any]) -> None:
        """Take in the reply as HTTP gives it, after a connection that could not resume."""
        self.reply_id = item["id"]
        if item["status"] == "streaming":
            self.text, self.parts = item["text"], item["parts"]
        elif item["status"] == "failed":
            error = convert(item["error"], ReplyError)
            self.fail(ReplyFailed(error.code, error.detail, retryable=error.retryable))
        else:
            timings = convert(item["timings"], Timings) if item.get("timings") else None
            self._complete(item["text"], item.get("parts", 0), item.get("finish_reason", "stop"), timings)
        self._wake()

    def _complete(self, text: str, parts: int, finish_reason: FinishReason, timings: Timings | None) -> None:
        self.text, self.parts, self.finish_reason, self.timings = text, parts, finish_reason, timings

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
