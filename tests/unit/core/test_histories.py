"""Whatever the log holds: a state and what came after it are the later state, and nodes that began elsewhere agree."""

import json
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.pipeline.queries import Queries
from myna.pipeline.storage_signals import StorageSignals
from myna.protocol.event_fields import ParentId
from myna.protocol.events import BEGINNING
from myna.protocol.session import Session
from myna.protocol.titles import title_from
from myna.store.port import Batch, Checkpoint
from tests.fakes.memory_store import MemoryStore
from tests.simulation.virtual_time import VirtualLoop, run
from tests.unit.core.folding import missed, since
from tests.unit.core.random_logs import OWNERS, histories

EPOCH = "e1"


@dataclass
class Reply:
    """A reply as a client shows it."""

    message_id: str
    text: str = ""
    status: str = "streaming"
    parts: int = 0


@dataclass
class Seen:
    """All that a client shows of one owner."""

    titles: dict[str, str] = field(default_factory=dict)
    messages: dict[str, dict[str, tuple[str, ParentId]]] = field(default_factory=dict)  # by conversation: id, text and parent, in order
    replies: dict[str, dict[str, Reply]] = field(default_factory=dict)  # by conversation

    def take(self, frame: dict[str, Any]) -> None:
        """One event, as the contract explains it to clients."""
        conversation_id, kind = frame["conversation_id"], frame["type"]
        if kind == "message.created":
            self.titles.setdefault(conversation_id, title_from(frame["text"]))
            self.messages.setdefault(conversation_id, {})[frame["id"]] = frame["text"], frame["parent_id"]
            self.replies.setdefault(conversation_id, {})
        elif conversation_id not in self.titles:
            return
        elif kind == "conversation.updated":
            self.titles[conversation_id] = frame["title"]
        elif kind == "conversation.deleted":
            for part in (self.titles, self.messages, self.replies):
                del part[conversation_id]
        else:
            self._take_reply(self.replies[conversation_id].setdefault(frame["reply_id"], Reply(frame["message_id"])), frame)

    def _take_reply(self, reply: Reply, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "reply.started" and frame.get("restarted"):
            reply.text, reply.parts = "", 0
        elif kind == "reply.delta":
            assert frame["index"] == reply.parts, "a gap"
            reply.text, reply.parts = reply.text + frame["text"], reply.parts + 1
        elif kind == "reply.completed":
            reply.text, reply.parts = frame["text"], frame["parts"]
            reply.status = "stopped" if frame["finish_reason"] == "stopped" else "complete"
        elif kind == "reply.failed":
            reply.status = "failed"


class Node:
    """A projection with a store behind it, read through `Queries`."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.projection = Projection(EPOCH)
        self.store = MemoryStore(lambda: loop.now)
        self.queries = Queries(self.store, self.projection, StorageSignals())
        self._stored: Checkpoint | None = None

    async def record(self) -> None:
        """As the recorder does."""
        writer_lock = await self.store.acquire_writer_lock()
        assert writer_lock is not None
        reached, facts = self.projection.batch()
        assert await writer_lock.record(Batch(self._stored, reached, facts)) == 0
        await writer_lock.release()
        self.projection.stored_to(reached)
        self._stored = reached

    async def read(self, owner: str) -> tuple[Seen, str]:
        """Everything of an owner, by HTTP so to speak, and the cursor from which to go on."""
        session, seen = Session(owner, "", 0), Seen()
        for conversation in (await self.queries.conversations(session, limit=100, before=None, at_least=None)).items:
            seen.titles[conversation.id] = conversation.title
        cursor = self.projection.cursor(owner)
        for conversation_id in list(seen.titles):
            seen.messages[conversation_id], seen.replies[conversation_id] = {}, {}
            thread = await self.queries.messages(session, conversation_id, limit=200, before=None, at_least=cursor)
            assert thread.cursor == cursor
            for view in thread.items:
                if view.role == "user":
                    seen.messages[conversation_id][view.id] = view.text, view.parent_id
                else:
                    reply = Reply(view.message_id or "", view.text, view.status, view.parts or 0)
                    seen.replies[conversation_id][view.id] = reply
        return seen, cursor


@settings(max_examples=150)
@given(histories(), st.data())
def test_a_state_and_what_came_after_it_are_the_later_state(log: list[Record], data: st.DataObject) -> None:
    moment = data.draw(st.integers(0, len(log)))
    stored = data.draw(st.sets(st.integers(0, len(log))))
    away = data.draw(st.booleans())

    async def main(loop: VirtualLoop) -> None:
        node = Node(loop)
        before: dict[str, tuple[Seen, str]] = {}
        for number in range(len(log) + 1):
            if number in stored and node.projection.reached != BEGINNING:
                await node.record()
            if number == moment:
                if away:
                    node.store.lose()
                before = {owner: await node.read(owner) for owner in OWNERS}
                node.store.recover()
            if number < len(log):
                node.projection.fold(log[number], 0.0)
        for owner in OWNERS:
            seen, cursor = before[owner]
            missed = node.projection.missed(owner, EPOCH, cursor)
            assert missed is not None
            for frame in missed:
                seen.take(json.loads(frame))
            assert seen == (await node.read(owner))[0]

    run(main)


@settings(max_examples=150)
@given(histories())
def test_what_is_shown_live_is_what_is_read_in_the_end(log: list[Record]) -> None:
    async def main(loop: VirtualLoop) -> None:
        node = Node(loop)
        for one in log:
            node.projection.fold(one, 0.0)
        for owner in OWNERS:
            seen = Seen()
            for frame in node.projection._window.since(owner, BEGINNING):
                seen.take(json.loads(frame))
            assert seen == (await node.read(owner))[0]

    run(main)


@settings(max_examples=300)
@given(histories(late=False), st.data())
def test_a_node_that_begins_at_a_checkpoint_agrees_with_one_that_read_everything(log: list[Record], data: st.DataObject) -> None:
    # But for messages that were there, or whose conversation was deleted, before its checkpoint: a node looks those up in the
    # rows before it accepts them, and begins to read far enough back that repetitions by other nodes are known.
    begun = data.draw(st.integers(0, len(log)))
    old = Projection(EPOCH)
    for one in log[:begun]:
        old.fold(one, 0.0)
    mark, _ = old.batch()
    young = Projection(EPOCH)
    young.begin(mark, mark)
    for one in log[max(mark.low.offset, 0) :]:
        young.fold(one, 0.0)
    for one in log[begun:]:
        old.fold(one, 0.0)
    for owner in OWNERS:
        assert since(young, owner, mark.high) == since(old, owner, mark.high)
        cursor = old.cursor(owner, mark.high)
        assert missed(young, owner, EPOCH, cursor) == missed(old, owner, EPOCH, cursor)
    assert progress(young) == progress(old)
    old.stored_to(mark)
    assert young.batch() == old.batch()


def progress(projection: Projection) -> dict[str, Any]:
    """How far the open replies are, without the clocks."""
    fields = attrgetter("parts", "attempt", "min_attempt", "worker", "started_at")
    return {key: fields(reply) for key, reply in projection.open_replies.items()}
