"""One owner's chat over connections that come and go: reconnects with backoff, resumes at its place, repeats what was not confirmed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Self
from uuid import uuid4

from msgspec import UNSET

from myna.client.backoff import FLOORS_S, backoff_s
from myna.client.connection import Closed, Connection
from myna.client.errors import ClientError, Refused, SessionEnded, Unreachable
from myna.client.events import ConversationDeleted, Frame, Received, ReplyEvent, typed
from myna.client.http import Http
from myna.client.place import Place
from myna.client.turn import Turn
from myna.client.turns import Turns
from myna.protocol.errors import Close
from myna.protocol.event_fields import ParentId
from myna.protocol.frames import Draining

BACKLOG = 1_000  # events that wait for a subscriber; when full the chat stops reading, and the server slows down for it
DENIED = (401, 403)  # statuses of an upgrade that the next attempt would meet too


class Chat:
    """Use it as `async with Chat(url) as chat`. `token` of an earlier chat makes it the same owner's; without one it is a new owner."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.url, self.token = url, token
        self.owner = ""
        self.conversation_id = str(uuid4())  # where messages go that name no other
        self._place, self._turns = Place(), Turns()
        self._subscribers: list[asyncio.Queue[Received | None]] = []
        self._connection: Connection | None = None
        self._writing = asyncio.Lock()  # what is repeated goes out before what is new
        self._running: asyncio.Task[None] | None = None
        self._end: ClientError | None = None
        self._drained_s = 0.0  # how long the server wants to be left alone

    async def __aenter__(self) -> Self:
        """Connect. Raises `Unreachable` when nobody answers, `Refused` when the server denies it."""
        connection = await Connection.open(self.url, token=self.token)
        self._running = asyncio.create_task(self._run(connection), name="chat")
        self._welcome(connection.welcome)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave. What was accepted is answered all the same."""
        assert self._running
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    # --- what one does with it ---

    async def send(self, text: str, conversation_id: str | None = None, *, parent_id: ParentId = UNSET, **options: Any) -> Turn:
        """Say something; returns once it is accepted, after however many reconnects.

        `parent_id` is the message or reply that it follows (None: a new branch at the root; left out: the newest reply),
        `options` are `profile`, `seed` and `scenario`. Raises `Refused` for what no repetition would help. Cancelling the
        wait takes nothing back.
        """
        conversation_id = conversation_id or self.conversation_id
        frame: Frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": conversation_id, "text": text}
        if parent_id is not UNSET:
            frame["parent_id"] = parent_id
        return await self._submit(frame, Turn(frame["id"], conversation_id, frame["id"]), options)

    async def regenerate(self, turn: Turn, **options: Any) -> Turn:
        """One more reply to the message of `turn`; returns once that is accepted. Raises `Refused`."""
        frame: Frame = {
            "type": "reply.regenerate", "id": str(uuid4()), "conversation_id": turn.conversation_id, "message_id": turn.message_id,
        }  # fmt: skip
        return await self._submit(frame, Turn(frame["id"], turn.conversation_id, turn.message_id), options)

    async def stop(self, turn: Turn) -> None:
        """Stop the reply; it ends with what there is of it. Nothing happens without a connection, or when it has ended."""
        async with self._writing:
            await self._write({"type": "reply.stop", "conversation_id": turn.conversation_id, "message_id": turn.message_id})

    async def events(self) -> AsyncIterator[Received]:
        """Everything that arrives from now on, of all conversations and all connections of the owner, until the chat ends.

        A `Welcome` begins each connection; where its `resumed` is False, events were missed: read the state with `messages`.
        """
        queue: asyncio.Queue[Received | None] = asyncio.Queue(BACKLOG)
        self._subscribers.append(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._subscribers.remove(queue)

    async def messages(self, conversation_id: str | None = None, *, limit: int = 200) -> list[dict[str, Any]]:
        """The newest messages and replies of a conversation, oldest first, as HTTP gives them. Raises `Refused`, `Unreachable`."""
        query = f"limit={limit}&at_least={self._place.cursor}"
        page = await Http(self.url, self.token).get(f"/api/conversations/{conversation_id or self.conversation_id}/messages?{query}")
        return list(page["items"])

    # --- how it stays connected ---

    async def _run(self, connection: Connection) -> None:
        end = ClientError("The chat was closed.")
        attempt = 0
        try:
            while True:
                code = await self._attend(connection)
                if code == Close.SESSION_ENDED:
                    raise SessionEnded("The session has ended: begin anew without its token.")
                await asyncio.sleep(max(self._drained_s, FLOORS_S.get(code, 0.0)) + backoff_s(0))
                self._drained_s, attempt = 0.0, 0
                while (connected := await self._reconnect()) is None:
                    attempt += 1
                    await asyncio.sleep(backoff_s(attempt))
                connection = connected
        except ClientError as error:
            end = error
        finally:
            self._finish(end)
            connection.abort()

    async def _reconnect(self) -> Connection | None:
        try:
            connection = await Connection.open(self.url, token=self.token, place=self._place)
        except Unreachable:
            return None
        except Refused as refusal:
            if refusal.status in DENIED:
                raise SessionEnded(str(refusal)) from None
            return None
        self._welcome(connection.welcome)
        return connection

    def _welcome(self, welcome: Frame) -> None:
        self.owner, self.token = welcome["owner"], welcome.get("token") or self.token
        self._place.seen(welcome)

    async def _attend(self, connection: Connection) -> int:
        """Read until it ends, and return its close code."""
        try:
            async with self._writing:
                self._connection = connection
                for frame in self._turns.outbox.welcomed(connection.welcome):
                    await connection.send(frame)
            await self._tell(typed(connection.welcome))
            while True:
                if self._turns.outbox.state_unknown:
                    await self._read_state()
                await self._receive(connection)
        except Closed as closed:
            return closed.code
        except (Unreachable, Refused):  # the state can't be read now: the next connection tries again
            connection.abort()
            return connection.close_code
        finally:
            self._connection = None

    async def _receive(self, connection: Connection) -> None:
        """Take in one frame, or send again what is due before one comes."""
        try:
            frame = await asyncio.wait_for(connection.receive(), self._turns.outbox.wait_s(time.monotonic()))
        except TimeoutError:
            async with self._writing:
                for due in self._turns.outbox.due(time.monotonic()):
                    await connection.send(due)
            return
        self._place.seen(frame)
        received = typed(frame)
        if frame["type"] == "message.accepted":
            self._turns.accepted(frame)
        elif frame["type"] == "error" and "ref" in frame:
            self._turns.refused(frame, time.monotonic())
        elif isinstance(received, ReplyEvent):
            self._turns.process(received)
        elif isinstance(received, ConversationDeleted):
            self._turns.deleted(received.conversation_id)
        elif isinstance(received, Draining):
            self._drained_s = received.reconnect_after_ms / 1000
        await self._tell(received)

    async def _submit(self, frame: Frame, turn: Turn, options: dict[str, Any]) -> Turn:
        if options:
            frame["options"] = options
        if self._end is not None:
            raise self._end
        async with self._writing:
            self._turns.add(turn, frame)
            await self._write(frame)
        await turn.acceptance()
        return turn

    async def _write(self, frame: Frame) -> None:
        if self._connection is not None:
            with suppress(Closed):  # the reader has noticed, and repeats
                await self._connection.send(frame)

    async def _read_state(self) -> None:
        """Read over HTTP which replies ended unseen, and how far the open ones are. Raises `Refused`, `Unreachable`."""
        for conversation_id in self._turns.unanswered_in():
            self._turns.read(self.owner, await self.messages(conversation_id))
        self._turns.outbox.state_read(())

    async def _tell(self, received: Received | None) -> None:
        if received is not None:
            for queue in list(self._subscribers):
                await queue.put(received)

    def _finish(self, end: ClientError) -> None:
        self._end = end
        self._turns.fail(end)
        for queue in self._subscribers:
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
