"""Places messages published by hand in their conversations' trees. A responder knows no conversations, so it reads the log.

One read serves all messages that arrive while it runs or waits to run.
"""

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from datetime import timedelta
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from myna.broker.port import Broker, Record
from myna.core.idempotency import Request
from myna.core.message_path import remembered_path, start_of
from myna.core.projection import Projection
from myna.mock_ai.port import Brain
from myna.pipeline.log_until_now import log_until_now
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.jobs import MessageJob

# What the log says of a conversation is looked for so far back. What a message follows from before that is not told to the
# brain; one that names no parent finds it when it is stored.
LOOK_BACK = timedelta(hours=1)


class _Recent(NamedTuple):
    """Conversations as the log tells of them."""

    projection: Projection
    whole: bool  # from the beginning of the log on


class ManualPlaces:
    """Finds the places of messages that no node has placed."""

    def __init__(self, broker: Broker, brain: Brain) -> None:
        self._broker = broker
        self._brain = brain
        self._waiting: list[tuple[str, asyncio.Future[_Recent]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def placed(self, message: MessageJob) -> MessageJob:
        """The message with what it follows and what was said before it, as far as the log tells. Raises `BrokerUnavailable`."""
        read: asyncio.Future[_Recent] = asyncio.get_running_loop().create_future()
        self._waiting.append((message.conversation_id, read))
        if self._reading is None:
            self._reading = asyncio.create_task(self._serve(), name="manual-places")
        projection, whole = await read
        request = Request(message.owner, message.conversation_id, message.id, message.text, parent_id=message.parent_id)
        start = start_of(request, projection)
        if start is UNSET and whole:
            start = None
        path = remembered_path(request, start, projection, self._brain.history_limit(message.options.seed if message.options else None))
        known = start is not UNSET and path.at is None
        return msgspec.structs.replace(message, parent_id=start, turn=path.turn + 1 if known else None, history=path.history)

    async def _serve(self) -> None:
        waiting: list[tuple[str, asyncio.Future[_Recent]]] = []
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                recent = await self._read({conversation_id for conversation_id, _ in waiting})
                for _, read in waiting:
                    if not read.done():
                        read.set_result(recent)
        except Exception as error:
            _fail([*waiting, *self._waiting], error)
        finally:
            # However this ends, a cancellation included: nobody waits for ever.
            _fail([*waiting, *self._waiting], BrokerUnavailable("Reading the log was interrupted."))
            self._waiting, self._reading = [], None

    async def _read(self, conversations: Collection[str]) -> _Recent:
        """These conversations as the log has them now."""
        projection, first = Projection(""), None
        wanted = [conversation_id.encode() for conversation_id in conversations]
        async with aclosing(log_until_now(self._broker, timestamps.from_ms(timestamps.now_ms()) - LOOK_BACK)) as records:
            async for record in records:
                first = record.offset if first is None else first
                lines = [line for line in record.body.split(b"\n") if any(one in line for one in wanted)]
                if lines:
                    projection.fold(Record(record.offset, record.key, b"\n".join(lines)), 0.0)
        return _Recent(projection, whole=first == 0)


def _fail(waiting: list[tuple[str, asyncio.Future[_Recent]]], error: Exception) -> None:
    for _, read in waiting:
        if not read.done():
            read.set_exception(error)
