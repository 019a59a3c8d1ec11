"""The same chat for code without an event loop: one runs in a thread of its own, and every call waits for it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, Self, TypeVar

from myna.client.chat import Chat
from myna.client.turn import Turn

T = TypeVar("T")


class SyncTurn:
    """`for text in turn` gives the reply as it comes, `turn.reply()` the whole; `turn.turn` holds all that is known of it."""

    def __init__(self, chat: "SyncChat", turn: Turn) -> None:
        self.turn, self._chat = turn, chat

    def __iter__(self) -> Iterator[str]:
        """The text as it comes. Raises `ReplyFailed`."""
        texts = self.turn.__aiter__()
        while (text := self._chat.run(_next(texts))) is not None:
            yield text

    def reply(self) -> str:
        """The whole text. Raises `ReplyFailed`."""
        return self._chat.run(self.turn.reply())

    def stop(self) -> None:
        """Stop it; it ends with what there is of it."""
        self._chat.run(self._chat.chat.stop(self.turn))


class SyncChat:
    """Use it as `with SyncChat(url) as chat`; one thread at a time."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chat", daemon=True)
        self._arguments = (url, token)
        self.chat: Chat

    def __enter__(self) -> Self:
        """Connect. Raises `Unreachable` or `Refused`."""
        self._thread.start()
        try:
            self.chat = self.run(self._open())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Leave. What was accepted is answered all the same."""
        try:
            self.run(self.chat.__aexit__())
        finally:
            self._stop()

    def send(self, text: str, conversation_id: str | None = None, **more: Any) -> SyncTurn:
        """Say something; returns once it is accepted. `more` is what `Chat.send` takes. Raises `Refused`."""
        return SyncTurn(self, self.run(self.chat.send(text, conversation_id, **more)))

    def regenerate(self, turn: SyncTurn) -> SyncTurn:
        """One more reply to the same message. Raises `Refused`."""
        return SyncTurn(self, self.run(self.chat.regenerate(turn.turn)))

    def messages(self, conversation_id: str | None = None) -> list[dict[str, Any]]:
        """The newest messages and replies of a conversation, oldest first."""
        return self.run(self.chat.messages(conversation_id))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine in the chat's own thread."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def _open(self) -> Chat:
        url, token = self._arguments
        return await Chat(url, token=token).__aenter__()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(texts: Any) -> str | None:
    return await anext(texts, None)
