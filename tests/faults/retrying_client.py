"""A chat client that sends under load, reconnects to any node that runs, resumes, and sends again what was not confirmed.

It does what the contract asks of a client and nothing more, and records every connection for the checker.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx

from myna.checker.history import Connection, Frame, History
from myna.client.connection import Closed
from myna.client.errors import ClientError
from myna.client.outbox import Outbox
from tests.services.chat_client import ENDS, ChatClient

TROUBLE = (OSError, TimeoutError, Closed, ClientError, httpx.HTTPError)
IN_FLIGHT = 3  # unanswered messages per conversation
BRANCHES = 0.3  # of the messages name what they follow: something earlier in the conversation, or the root
SILENCE_LIMIT_S = 4.0  # nothing received, not even a pong: the connection is taken for dead


class RetryingClient(ChatClient):
    """`urls` names the nodes that may be tried; `message` makes the text and options of the message with a number."""

    def __init__(
        self,
        urls: Callable[[], list[str]],
        *,
        seed: int,
        conversations: int = 1,
        pause_s: float = 0.3,
        message: Callable[[int], dict[str, Any]] | None = None,
        token: str | None = None,
    ) -> None:
        super().__init__(token=token)
        self.name = f"client {seed}"
        self.outbox = Outbox()
        self.sending = True
        self._urls = urls
        self._rng = random.Random(seed)
        self._conversations = [str(uuid4()) for _ in range(conversations)]
        self._pause_s = pause_s
        self._message = message or (lambda number: {"text": f"message {number}"})
        self._processed = 0
        self._count = 0
        self._next_send_at = self._pinged = 0.0
        self._starts: list[tuple[Frame, int, int]] = []  # for each connection: welcome, index of its first frame sent and received

    # --- for the checker ---

    @property
    def conversations(self) -> list[str]:
        return self._conversations

    def history(self) -> History:
        """Everything so far, by connection."""
        connections = []
        ends = [(sent, received) for _, sent, received in self._starts[1:]] + [(len(self.sent), len(self.frames))]
        for number, ((welcome, sent, received), (sent_end, received_end)) in enumerate(zip(self._starts, ends, strict=False)):
            code = self.close_codes[number] if number < len(self.close_codes) else None
            connections.append(Connection(welcome, self.sent[sent:sent_end], self.frames[received:received_end], code))
        return History(self.name, self.owner or "nobody", connections)

    @property
    def settled(self) -> bool:
        """Whether every message sent was confirmed and answered."""
        return not self.outbox.unconfirmed and not self.outbox.unanswered and not self.outbox.state_unknown

    async def has_settled(self) -> bool:
        """The same, as a condition to wait for."""
        return self.settled

    @property
    def state(self) -> str:
        """One line for an error about a run that does not settle."""
        waiting = f"unconfirmed {list(self.outbox.unconfirmed)}, unanswered {list(self.outbox.unanswered)}"
        return f"{self.name} of {self.owner}: {waiting}, state unknown: {self.outbox.state_unknown}"

    # --- one message at a time ---

    async def send_scenario(self, scenario: str, text: str = "forty parts, please") -> str:
        """Send a message for this scenario of the mock AI in the first conversation; returns its id."""
        return str((await self.send(text, self.conversations[0], scenario=scenario))["id"])

    async def wait_for_acceptance(self, message_id: str, within_s: float = 30) -> None:
        """Wait for `message.accepted`."""
        await self.until(lambda frame: frame["type"] == "message.accepted" and frame["id"] == message_id, within_s)

    async def wait_for_part(self, message_id: str, index: int, within_s: float = 30) -> None:
        """Wait for the `reply.delta` with this index."""
        await self.until(lambda frame: frame.get("message_id") == message_id and frame.get("index") == index, within_s)

    # --- load ---

    async def run(self) -> None:
        """Send until told to stop, then wait until everything is settled."""
        while self.sending or not self.settled:
            try:
                if not self.connected:
                    await self.reconnect()
                if self.outbox.state_unknown:
                    with suppress(httpx.HTTPError):  # a node that restarts: no reason to leave the other, the next step reads again
                        await self._read_state()
                await self._step()
            except TROUBLE:
                await self.cut()
                await asyncio.sleep(self._rng.uniform(0.05, 0.4))
        await self.close()

    async def reconnect(self, url: str | None = None) -> None:
        """Connect (to any node), resume, and repeat what was not confirmed, in order. Raises one of TROUBLE."""
        await self.cut()
        start = len(self.sent), len(self.frames)
        async with asyncio.timeout(5):
            welcome = await self.open(url or self._rng.choice(self._urls() or ["http://127.0.0.1:9"]))
        self._starts.append((welcome, *start))
        for frame in self.outbox.welcomed(welcome):
            await self._put(frame)

    async def _step(self) -> None:
        self._received.clear()
        self._process_frames()
        now = time.monotonic()
        for frame in self.outbox.due(now):
            await self._put(frame)
        if self.sending and now >= self._next_send_at:
            await self._send_next(now)
        await self._check_alive(now)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._received.wait(), max(0.01, min(0.5, self._next_send_at - now if self.sending else 0.5)))

    async def _send_next(self, now: float) -> None:
        self._next_send_at = now + self._rng.uniform(0, 2 * self._pause_s)
        conversation = self._rng.choice(self._conversations)
        open_ = (*self.outbox.unconfirmed.values(), *self.outbox.unanswered.values())
        busy = [frame for frame in open_ if frame["conversation_id"] == conversation]
        if len(busy) >= IN_FLIGHT:
            return
        self._count += 1
        frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": conversation, **self._message(self._count)}
        if self._rng.random() < BRANCHES:
            frame["parent_id"] = self._parent(conversation)
        self.outbox.sent(frame)
        await self._put(frame)

    def _parent(self, conversation: str) -> str | None:
        """The root, or something earlier in the conversation that the node at the other end has read too."""
        here = self.frames[self._starts[-1][2] :]
        said = [frame for frame in here if frame["type"] == "reply.completed" and frame["conversation_id"] == conversation]
        return self._rng.choice([None, *(str(frame[which]) for frame in said for which in ("message_id", "reply_id"))])

    async def _check_alive(self, now: float) -> None:
        last = max(self.received_at[-1] if self.received_at else 0.0, self._pinged)
        if now - last > SILENCE_LIMIT_S / 2:
            if self._pinged > (self.received_at[-1] if self.received_at else 0.0):
                raise TimeoutError("no pong")
            self._pinged = now
            await self._put({"type": "ping"})

    async def _put(self, frame: Frame) -> None:
        async with asyncio.timeout(5):
            await self.put(frame)

    def _process_frames(self) -> None:
        for frame in self.frames[self._processed :]:
            if frame["type"] == "message.accepted":
                self.outbox.accepted(frame)
            elif frame["type"] in ENDS:
                self.outbox.answered(frame["message_id"])
            elif frame["type"] == "error" and "ref" in frame:
                # Whatever it says, it passes: a node that lags may not know a parent yet.
                self.outbox.refused(frame | {"code": "unavailable"}, time.monotonic())
        self._processed = len(self.frames)

    async def _read_state(self) -> None:
        """Read over HTTP which replies ended while there was no connection."""
        ended = []
        for conversation in {frame["conversation_id"] for frame in self.outbox.unanswered.values()}:
            items = await self.items(self._rng.choice(self._urls()), conversation)
            ended += [item["message_id"] for item in items if item["role"] == "assistant" and item["status"] != "streaming"]
        self.outbox.state_read(ended)

    async def items(self, url: str, conversation_id: str) -> list[Frame]:
        """A conversation as HTTP gives it, oldest first. Raises `httpx.HTTPError` when it can't be read now."""
        items: list[Frame] = []
        query = f"limit=200&at_least={self.place.cursor}"
        while True:
            answer = await self.http(url, "GET", f"/api/conversations/{conversation_id}/messages?{query}")
            if answer.status_code == 404 and not items:
                return []
            answer.raise_for_status()
            page = answer.json()
            items = page["items"] + items
            if page["next"] is None:
                return items
            query = f"limit=200&before={page['next']}"
