"""The clients of the simulation: owners with tabs that send, stop, disconnect and come back, and record what they received.

A tab does what the contract asks of a client: after a reconnect it repeats in order what was not confirmed, and it resumes on any node
from the last cursor it received. It checks nothing; its record is checked at the end (invariants.py).
"""

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, UnsetType

from myna.protocol import timestamps
from myna.protocol.errors import ChatError, Unavailable
from myna.protocol.ids import reply_id_for
from myna.protocol.session import Session
from tests.simulation.processes import Node, Socket

PAUSE_S = 0.6  # the longest between two actions of a tab


@dataclass
class Sent:
    """A message or a regenerate, as its sender knows it."""

    id: str
    conversation_id: str
    frame: str
    message_id: str | None = None  # of a regenerate
    parent: str | UnsetType | None = UNSET  # what a message names as what it follows
    accepted: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass
class ConnectionLog:
    """One connection from start to end: what was sent and what was received."""

    node: str
    epoch: str
    after: str
    sent: list[Sent] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # ids, in the order of the answers
    frames: list[bytes] = field(default_factory=list)  # the events, as they came
    welcome: dict[str, Any] = field(default_factory=dict)


@dataclass
class Owner:
    """An owner and their conversations."""

    session: Session
    conversations: list[str]
    deleted: set[str] = field(default_factory=set)


class Tab:
    """One tab: at most one connection at a time, and an outbox of what is not confirmed."""

    def __init__(self, name: str, owner: Owner, nodes: Sequence[Node], rng: random.Random) -> None:
        self.name = name
        self.owner = owner
        self.connections: list[ConnectionLog] = []
        self.sent: dict[str, Sent] = {}
        self.outbox: dict[str, Sent] = {}
        self.stops: list[str] = []
        self.faults: list[str] = []
        self.quiet = False  # send nothing new, stay connected
        self._nodes = nodes  # shared with the simulation, which replaces killed nodes in it
        self._rng = rng
        self._epoch, self._after = "", ""
        self.node: Node | None = None
        self._socket: Socket | None = None
        self._read = 0

    async def live(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._rng.uniform(0.01, PAUSE_S))
            if self._socket is None or not self._socket.open:
                self._connect()
            else:
                self.read()
                await self._act()

    def _connect(self) -> None:
        nodes = [node for node in self._nodes if node.serves]
        if not nodes:
            return
        self.read()
        self.node = self._rng.choice(nodes)
        self._socket, self._read = Socket(self._rng.uniform(0, 0.02)), 0
        connection = ConnectionLog(self.node.name, self._epoch, self._after)
        self.connections.append(connection)
        self.node.connect(self.owner.session, self._socket, self._epoch, self._after)
        for sent in self.outbox.values():
            self._write(sent)

    def _write(self, sent: Sent) -> None:
        self.connections[-1].sent.append(sent)
        assert self._socket is not None
        self._socket.write(sent.frame)

    @property
    def settled(self) -> bool:
        """Connected, and everything was confirmed."""
        return not self.outbox and self._socket is not None and self._socket.open

    # --- what a client does

    async def _act(self) -> None:
        if self.quiet:
            self._repeat_refused()
            return
        acts: dict[Callable[[], Any], int] = {
            self._send: 50, self._repeat_refused: 15, self._stop: 10, self._regenerate: 8, self._disconnect: 12,
            self._rename: 3, self._delete: 2,
        }  # fmt: skip
        done = self._rng.choices(list(acts), list(acts.values()))[0]()
        if done is not None:
            await done

    def _conversation(self) -> str:
        return self._rng.choice(self.owner.conversations)

    def _send(self) -> None:
        sent_id, conversation_id = self._id(), self._conversation()
        text = f"{self.name} sends {len(self.sent)}"
        frame: dict[str, Any] = {"type": "message.send", "id": sent_id, "conversation_id": conversation_id, "text": text}
        parent = self._parent(conversation_id)
        if parent is not UNSET:
            frame["parent_id"] = parent
        self._offer(Sent(sent_id, conversation_id, json.dumps(frame), parent=parent))
        while self._rng.random() < 0.3:  # sometimes several at once
            self._send()

    def _parent(self, conversation_id: str) -> Any:
        """Something said earlier in the conversation, the root, or nothing named."""
        said = [sent.id for sent in self.sent.values() if sent.accepted and sent.conversation_id == conversation_id]
        replies = [reply_id_for(self.owner.session.owner, sent_id) for sent_id in said]
        messages = [sent_id for sent_id in said if self.sent[sent_id].message_id is None]
        return self._rng.choice([None, *replies, *messages]) if self._rng.random() < 0.4 else UNSET

    def _offer(self, sent: Sent) -> None:
        self.sent[sent.id] = self.outbox[sent.id] = sent
        self._write(sent)

    def _repeat_refused(self) -> None:
        for sent in self.outbox.values():
            if sent.refused:
                self._write(sent)

    def _known(self) -> list[Sent]:
        return [sent for sent in self.sent.values() if sent.message_id is None and (sent.accepted or sent.id in self._sent_here())]

    def _sent_here(self) -> set[str]:
        return {sent.id for sent in self.connections[-1].sent}

    def _stop(self) -> None:
        if known := self._known():
            sent = self._rng.choice(known[-3:])
            self.stops.append(sent.id)
            assert self._socket is not None
            self._socket.write(json.dumps({"type": "reply.stop", "conversation_id": sent.conversation_id, "message_id": sent.id}))

    def _regenerate(self) -> None:
        known = [sent for sent in self.sent.values() if sent.accepted and sent.message_id is None]
        if known:
            sent, regenerate_id = self._rng.choice(known[-3:]), self._id()
            frame = {
                "type": "reply.regenerate", "id": regenerate_id, "conversation_id": sent.conversation_id, "message_id": sent.id,
            }  # fmt: skip
            self._offer(Sent(regenerate_id, sent.conversation_id, json.dumps(frame), message_id=sent.id))

    async def _disconnect(self) -> None:
        assert self._socket is not None
        self._socket.cut()
        self.read()
        # Only a tab with nothing left to confirm stays away for long: what is not confirmed is repeated soon.
        await asyncio.sleep(self._rng.uniform(5, 25) if not self.outbox and self._rng.random() < 0.5 else self._rng.uniform(0, 1))

    async def _rename(self) -> None:
        await self._request("rename", self._conversation())

    async def _delete(self) -> None:
        conversation_id = self._conversation()
        self.owner.conversations[self.owner.conversations.index(conversation_id)] = self._id()
        self.owner.deleted.add(conversation_id)
        await self._request("delete", conversation_id)

    async def _request(self, what: str, conversation_id: str) -> None:
        node = self.node
        if node is None or not node.serves:
            return
        asked = node.start(http(node, self.owner.session, what, conversation_id), "http")
        await asyncio.wait([asked], timeout=30)
        error = asked.exception() if asked.done() and not asked.cancelled() else None
        if error is not None and not isinstance(error, ChatError | Unavailable):
            self.faults.append(f"{what}: {error!r}")

    def _id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    # --- what a client receives

    def read(self) -> None:
        """Read what has arrived."""
        if self._socket is None:
            return
        connection, arrived = self.connections[-1], self._socket.arrived
        for text in arrived[self._read :]:
            self._process(connection, text, json.loads(text))
        self._read = len(arrived)

    def _process(self, connection: ConnectionLog, text: bytes, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            connection.welcome = frame
            self._epoch, self._after = frame["epoch"], self._after if frame["resumed"] else frame["cursor"]
        elif frame["type"] == "message.accepted":
            connection.accepted.append(frame["id"])
            self.sent[frame["id"]].accepted += 1
            self.outbox.pop(frame["id"], None)
        elif frame["type"] == "error":
            self._refused(frame)
        else:
            connection.frames.append(text)
            self._after = frame["cursor"]

    def _refused(self, frame: dict[str, Any]) -> None:
        code, sent = frame["code"], self.sent.get(frame.get("ref") or "")
        if sent is None or code not in ("busy", "not_found", "unavailable"):
            self.faults.append(f"{self.name} received {frame}")
            return
        gone = sent.conversation_id in self.owner.deleted
        # A node that lags has not read of it yet, and may say so.
        if code == "not_found" and not gone and sent.id not in self.outbox and not (self.node and self.node.lagged):
            self.faults.append(f"{self.name} was told that what it had sent does not exist: {frame}")
        sent.refused.append(code)
        if code == "not_found" and gone:
            self.outbox.pop(sent.id, None)


async def http(node: Node, session: Session, what: str, conversation_id: str) -> None:
    """What the routes of the same names do."""
    if what == "delete":
        await node.services.commands.delete(session, conversation_id)
    else:
        await node.services.commands.rename(session, conversation_id, f"Title {timestamps.now_ms()}")
