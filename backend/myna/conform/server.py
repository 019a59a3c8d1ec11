"""The server under examination, as a rule meets it: connections and requests that remember what came."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from myna.client.connection import Closed, Connection
from myna.client.events import Frame
from myna.client.http import Answer, Http
from myna.client.place import Place

WITHIN_S = 20.0  # for one thing to come; a healthy server under no load takes milliseconds
QUIET_S = 0.5  # nothing more came: how long to listen for what must not come
ENDS = ("reply.completed", "reply.failed")
SHOWN = 300  # bytes of an answer that was not expected: a whole problem document
EVENTS = ("message.created", "reply.", "conversation.")


class Broken(Exception):
    """A rule does not hold; the text says what the server did."""


def expect(holds: object, did: str) -> None:
    """Raise `Broken` with what the server did instead, unless the rule holds."""
    if not holds:
        raise Broken(did)


class Probe:
    """One connection and every frame that came on it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.welcome, self.token = connection.welcome, str(connection.welcome.get("token", ""))
        self.owner = connection.welcome.get("owner")
        self.frames: list[Frame] = []
        self.conversation = str(uuid4())

    async def send(self, frame: Frame) -> None:
        """Write a frame as it is."""
        await self._connection.send(frame)

    async def say(self, text: str, **more: Any) -> Frame:
        """Send a message in this probe's conversation (or another); returns the frame."""
        frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": self.conversation, "text": text, **more}
        await self.send(frame)
        return frame

    async def until(self, what: str, fits: Callable[[Frame], bool], since: int = 0) -> Frame:
        """The first frame (from number `since` on) that fits. Raises `Broken` that names `what` did not come."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    for frame in self.frames[since:]:
                        if fits(frame):
                            return frame
                    since = len(self.frames)
                    self.frames.append(await self._connection.receive())
        except TimeoutError:
            last = [frame.get("type") for frame in self.frames[-3:]]
            raise Broken(f"{what} did not come within {WITHIN_S:.0f} s; the last frames were {last}") from None
        except Closed as closed:
            raise Broken(f"{what} did not come: the server closed with {closed.code}") from None

    async def accepted(self, submission_id: str) -> Frame:
        """Its `message.accepted`."""
        return await self.until("message.accepted", lambda frame: frame["type"] == "message.accepted" and frame["id"] == submission_id)

    async def error(self, since: int, what: str) -> Frame:
        """The next `error` from frame number `since` on."""
        return await self.until(f"an error for {what}", lambda frame: frame["type"] == "error", since)

    async def end(self, message_id: str, since: int = 0) -> Frame:
        """The end of the reply to a message."""
        return await self.until("the end of the reply", lambda frame: frame["type"] in ENDS and frame["message_id"] == message_id, since)

    async def answered(self, text: str, **more: Any) -> tuple[Frame, Frame]:
        """Send a message and wait for acceptance and reply; returns the frame sent and the reply's end."""
        sent = await self.say(text, **more)
        await self.accepted(sent["id"])
        return sent, await self.end(sent["id"])

    async def pong(self) -> None:
        """The connection is alive, and what was sent before has been dealt with."""
        nonce = str(uuid4())
        await self.send({"type": "ping", "nonce": nonce})
        await self.until("pong with the nonce of the ping", lambda frame: frame["type"] == "pong" and frame.get("nonce") == nonce)

    async def quiet(self) -> None:
        """Listen a moment for what must not come."""
        try:
            async with asyncio.timeout(QUIET_S):
                while True:
                    self.frames.append(await self._connection.receive())
        except TimeoutError:
            pass

    def events(self) -> list[Frame]:
        """The events that came, in order."""
        return [frame for frame in self.frames if frame["type"].startswith(EVENTS)]

    def cut(self) -> None:
        """Lose the connection."""
        self._connection.abort()

    async def close_code(self) -> int:
        """Wait for the server to close."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    self.frames.append(await self._connection.receive())
        except Closed as closed:
            return closed.code
        except TimeoutError:
            raise Broken("the server left the connection open") from None

    async def send_bytes(self, data: bytes | str) -> None:
        """Write what is no frame of ours: bytes as a binary frame, text as it is."""
        await self._connection.send_raw(data)


def _shown(answer: Answer) -> str:
    """The beginning of its body, as text on one line."""
    return " ".join(answer.body[:SHOWN].decode(errors="replace").split()) or "nothing"


class Server:
    """Where it is, and the way to it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @asynccontextmanager
    async def connect(self, token: str | None = None, epoch: str = "", after: str = "") -> AsyncIterator[Probe]:
        """A connection until the end of the block: as a fresh owner, or as the token's, resuming where a cursor is given."""
        probe = Probe(await Connection.open(self.url, token=token, place=Place(epoch, after)))
        probe.token = probe.token or (token or "")
        try:
            yield probe
        finally:
            probe.cut()

    async def http(self, method: str, path: str, token: str | None = None, body: object = None) -> Answer:
        """The answer to a request, whatever its status."""
        return await Http(self.url, token).request(method, path, body)

    async def json(self, method: str, path: str, token: str | None = None, body: object = None, status: int = 200) -> Any:
        """The JSON of an answer with this status. Raises `Broken` for any other."""
        answer = await self.http(method, path, token, body)
        expect(answer.status == status, f"{method} {path} answered {answer.status} instead of {status}: {_shown(answer)}")
        try:
            return answer.json
        except json.JSONDecodeError:
            raise Broken(f"{method} {path} answered what is not JSON: {_shown(answer)}") from None

    async def items(self, probe: Probe, conversation: str | None = None) -> list[Frame]:
        """A conversation as HTTP gives it, with everything that the probe has seen."""
        cursor = next((frame["cursor"] for frame in reversed(probe.events())), probe.welcome["cursor"])
        path = f"/api/conversations/{conversation or probe.conversation}/messages?limit=100&at_least={cursor}"
        page = await self.json("GET", path, probe.token)
        return list(page["items"])
