"""A client that never gives up: it talks, reconnects to whatever node lives, resumes, and repeats what was not confirmed.

It does what the contract asks of a client and nothing more, and remembers every socket for the checker.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import WebSocketException

from tests.checker.history import Frame, History, Life
from tests.services.chat_client import ENDS, ChatClient

TROUBLE = (OSError, TimeoutError, WebSocketException, httpx.HTTPError)
IN_FLIGHT = 3  # unanswered messages per conversation
SILENT_S = 4.0  # nothing heard, not even a pong: the connection is taken for dead


class Talker(ChatClient):
    """`urls` names the nodes that may be tried; `say` makes a text and its options for a number."""

    def __init__(
        self,
        urls: Callable[[], list[str]],
        *,
        seed: int,
        conversations: int = 1,
        pause_s: float = 0.05,
        say: Callable[[int], dict[str, Any]] | None = None,
        token: str | None = None,
    ) -> None:
        super().__init__(token=token)
        self.name = f"talker {seed}"
        self.unanswered: dict[str, Frame] = {}  # accepted, its end not known
        self.talking = True
        self._urls = urls
        self._dice = random.Random(seed)
        self._conversations = [str(uuid4()) for _ in range(conversations)]
        self._pause_s = pause_s
        self._say = say or (lambda number: {"text": f"message {number}"})
        self._unconfirmed: dict[str, Frame] = {}
        self._again_at: dict[str, float] = {}  # refused for now: repeat then
        self._ended: set[str] = set()
        self._digested = 0
        self._said = 0
        self._next_say = self._pinged = 0.0
        self._unsure = False  # could not resume: the state must be read
        self._marks: list[tuple[Frame, int, int]] = []  # for each socket: welcome, first frame sent on it, first frame heard

    # --- for the checker ---

    @property
    def conversations(self) -> list[str]:
        return self._conversations

    def history(self) -> History:
        """Everything so far, socket by socket."""
        lives = []
        for number, (welcome, sent, heard) in enumerate(self._marks):
            _, sent_end, heard_end = self._marks[number + 1] if number + 1 < len(self._marks) else ({}, len(self.sent), len(self.frames))
            code = self.close_codes[number] if number < len(self.close_codes) else None
            lives.append(Life(welcome, self.sent[sent:sent_end], self.frames[heard:heard_end], code))
        return History(self.name, self.owner or "nobody", lives)

    @property
    def settled(self) -> bool:
        """Whether everything said was confirmed and answered."""
        return not self._unconfirmed and not self.unanswered and not self._unsure

    async def at_rest(self) -> bool:
        """The same, as a condition to wait for."""
        return self.settled

    @property
    def state(self) -> str:
        """For messages about a run that does not settle."""
        return (
            f"{self.name} of {self.owner}: unconfirmed {list(self._unconfirmed)}, unanswered {list(self.unanswered)}, unsure {self._unsure}"
        )

    # --- by hand ---

    async def ask(self, scenario: str, text: str = "forty parts, please") -> str:
        """Say something now, in the first conversation; the message's id."""
        return str((await self.send(text, self.conversations[0], scenario=scenario))["id"])

    async def accepted(self, message_id: str, within_s: float = 30) -> None:
        """Wait until this message was accepted."""
        await self.until(lambda frame: frame["type"] == "message.accepted" and frame["id"] == message_id, within_s)

    async def part(self, message_id: str, index: int, within_s: float = 30) -> None:
        """Wait until this part of the reply was heard."""
        await self.until(lambda frame: frame.get("message_id") == message_id and frame.get("index") == index, within_s)

    # --- talking ---

    async def run(self) -> None:
        """Talk until told to stop, then until everything is settled."""
        while self.talking or not self.settled:
            try:
                if not self.connected:
                    await self.reconnect()
                if self._unsure:
                    await self._read_state()
                await self._go_on()
            except TROUBLE:
                await self.cut()
                await asyncio.sleep(self._dice.uniform(0.05, 0.4))
        await self.close()

    async def reconnect(self, url: str | None = None) -> None:
        """Connect (to any node), resume, and repeat what was not confirmed, in order. Raises one of TROUBLE."""
        await self.cut()
        mark = len(self.sent), len(self.frames)
        async with asyncio.timeout(5):
            welcome = await self.open(url or self._dice.choice(self._urls() or ["http://127.0.0.1:9"]))
        self._marks.append((welcome, *mark))
        self._unsure = self._unsure or (not welcome["resumed"] and bool(self.unanswered))
        for frame in list(self._unconfirmed.values()):
            await self._put(frame)

    async def _go_on(self) -> None:
        self._heard.clear()
        self._digest()
        now = time.monotonic()
        for message_id in [message_id for message_id, at in self._again_at.items() if at <= now]:
            del self._again_at[message_id]
            if message_id in self._unconfirmed:
                await self._put(self._unconfirmed[message_id])
        if self.talking and now >= self._next_say:
            await self._say_more(now)
        await self._look_alive(now)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), max(0.01, min(0.5, self._next_say - now if self.talking else 0.5)))

    async def _say_more(self, now: float) -> None:
        self._next_say = now + self._dice.uniform(0, 2 * self._pause_s)
        conversation = self._dice.choice(self._conversations)
        busy = [frame for frame in (*self._unconfirmed.values(), *self.unanswered.values()) if frame["conversation_id"] == conversation]
        if len(busy) >= IN_FLIGHT:
            return
        self._said += 1
        frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": conversation, **self._say(self._said)}
        self._unconfirmed[frame["id"]] = frame
        await self._put(frame)

    async def _look_alive(self, now: float) -> None:
        last = max(self.heard_at[-1] if self.heard_at else 0.0, self._pinged)
        if now - last > SILENT_S / 2:
            if self._pinged > (self.heard_at[-1] if self.heard_at else 0.0):
                raise TimeoutError("no pong")
            self._pinged = now
            await self._put({"type": "ping"})

    async def _put(self, frame: Frame) -> None:
        async with asyncio.timeout(5):
            await self.put(frame)

    def _digest(self) -> None:
        for frame in self.frames[self._digested :]:
            if frame["type"] == "message.accepted":
                said = self._unconfirmed.pop(frame["id"], None)
                if said is not None and frame["id"] not in self._ended:
                    self.unanswered[frame["id"]] = said
            elif frame["type"] in ENDS:
                self._ended.add(frame["message_id"])
                self.unanswered.pop(frame["message_id"], None)
            elif frame["type"] == "error" and frame.get("ref") in self._unconfirmed:
                self._again_at[frame["ref"]] = time.monotonic() + frame.get("retry_after_s", 1)
        self._digested = len(self.frames)

    async def _read_state(self) -> None:
        """What ended while we could not hear it."""
        for conversation in {frame["conversation_id"] for frame in self.unanswered.values()}:
            for item in await self.items(self._dice.choice(self._urls()), conversation):
                if item["role"] == "assistant" and item["status"] != "streaming":
                    self._ended.add(item["message_id"])
                    self.unanswered.pop(item["message_id"], None)
        self._unsure = False

    async def items(self, url: str, conversation_id: str) -> list[Frame]:
        """A conversation as HTTP gives it, oldest first. Raises `httpx.HTTPError` when it can't be read now."""
        items: list[Frame] = []
        query = f"limit=200&at_least={self.cursor}"
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
