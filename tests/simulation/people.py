"""The people of the simulation: an owner with tabs that send, stop, leave and come back, and write down what they saw.

A tab does what a good client does: it repeats what was not confirmed, in order, after every reconnect; it resumes from
the last cursor it saw, on any node. It judges nothing; what it wrote down is judged at the end (judgement.py).
"""

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from myna.protocol import timestamps
from myna.protocol.errors import ChatError, Unavailable
from myna.protocol.session import Session
from tests.simulation.processes import Node, Socket

IN_A_MOMENT_S = 0.6  # a person who types fast


@dataclass
class Sent:
    """One message or one more reply, as its sender knows it."""

    id: str
    conversation_id: str
    frame: str
    message_id: str | None = None  # of one more reply
    accepted: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass
class Visit:
    """One socket from connect to cut: what went in and what came out."""

    node: str
    epoch: str
    after: str
    said: list[Sent] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # ids, in the order of the answers
    frames: list[bytes] = field(default_factory=list)  # the events, as they came
    welcome: dict[str, Any] = field(default_factory=dict)


@dataclass
class Owner:
    """Someone with some conversations and some tabs."""

    session: Session
    conversations: list[str]
    deleted: set[str] = field(default_factory=set)


class Tab:
    """One tab: at most one socket at a time, and an outbox."""

    def __init__(self, name: str, owner: Owner, nodes: Sequence[Node], dice: random.Random) -> None:
        self.name = name
        self.owner = owner
        self.visits: list[Visit] = []
        self.sent: dict[str, Sent] = {}
        self.outbox: dict[str, Sent] = {}
        self.stops: list[str] = []
        self.faults: list[str] = []
        self.quiet = False  # say nothing new, stay connected
        self._nodes = nodes  # a live list: who is killed is replaced in it
        self._dice = dice
        self._epoch, self._after = "", ""
        self.node: Node | None = None
        self._socket: Socket | None = None
        self._read = 0

    async def live(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._dice.uniform(0.01, IN_A_MOMENT_S))
            if self._socket is None or not self._socket.open:
                self._connect()
            else:
                self.look()
                await self._act()

    def _connect(self) -> None:
        nodes = [node for node in self._nodes if node.serves]
        if not nodes:
            return
        self.look()
        self.node = self._dice.choice(nodes)
        self._socket, self._read = Socket(self._dice.uniform(0, 0.02)), 0
        visit = Visit(self.node.name, self._epoch, self._after)
        self.visits.append(visit)
        self.node.connect(self.owner.session, self._socket, self._epoch, self._after)
        for sent in self.outbox.values():
            self._say(sent)

    def _say(self, sent: Sent) -> None:
        self.visits[-1].said.append(sent)
        assert self._socket is not None
        self._socket.say(sent.frame)

    @property
    def settled(self) -> bool:
        """Connected, and owed nothing."""
        return not self.outbox and self._socket is not None and self._socket.open

    # --- what a person does

    async def _act(self) -> None:
        if self.quiet:
            self._repeat_refused()
            return
        acts: dict[Callable[[], Any], int] = {
            self._send: 50, self._repeat_refused: 15, self._stop: 10, self._regenerate: 8, self._leave: 12,
            self._rename: 3, self._delete: 2,
        }  # fmt: skip
        done = self._dice.choices(list(acts), list(acts.values()))[0]()
        if done is not None:
            await done

    def _conversation(self) -> str:
        return self._dice.choice(self.owner.conversations)

    def _send(self) -> None:
        sent_id, conversation_id = self._id(), self._conversation()
        text = f"{self.name} says {len(self.sent)}"
        frame = {"type": "message.send", "id": sent_id, "conversation_id": conversation_id, "text": text}
        self._offer(Sent(sent_id, conversation_id, json.dumps(frame)))
        while self._dice.random() < 0.3:  # and one more, and one more
            self._send()

    def _offer(self, sent: Sent) -> None:
        self.sent[sent.id] = self.outbox[sent.id] = sent
        self._say(sent)

    def _repeat_refused(self) -> None:
        for sent in self.outbox.values():
            if sent.refused:
                self._say(sent)

    def _known(self) -> list[Sent]:
        return [sent for sent in self.sent.values() if sent.message_id is None and (sent.accepted or sent.id in self._said_here())]

    def _said_here(self) -> set[str]:
        return {sent.id for sent in self.visits[-1].said}

    def _stop(self) -> None:
        if known := self._known():
            sent = self._dice.choice(known[-3:])
            self.stops.append(sent.id)
            assert self._socket is not None
            self._socket.say(json.dumps({"type": "reply.stop", "conversation_id": sent.conversation_id, "message_id": sent.id}))

    def _regenerate(self) -> None:
        known = [sent for sent in self.sent.values() if sent.accepted and sent.message_id is None]
        if known:
            sent, regenerate_id = self._dice.choice(known[-3:]), self._id()
            frame = {
                "type": "reply.regenerate", "id": regenerate_id, "conversation_id": sent.conversation_id, "message_id": sent.id,
            }  # fmt: skip
            self._offer(Sent(regenerate_id, sent.conversation_id, json.dumps(frame), message_id=sent.id))

    async def _leave(self) -> None:
        assert self._socket is not None
        self._socket.cut()
        self.look()
        # A long absence is one with nothing left to say: what is to be repeated is repeated soon.
        await asyncio.sleep(self._dice.uniform(5, 25) if not self.outbox and self._dice.random() < 0.5 else self._dice.uniform(0, 1))

    async def _rename(self) -> None:
        await self._ask_http("rename", self._conversation())

    async def _delete(self) -> None:
        conversation_id = self._conversation()
        self.owner.conversations[self.owner.conversations.index(conversation_id)] = self._id()
        self.owner.deleted.add(conversation_id)
        await self._ask_http("delete", conversation_id)

    async def _ask_http(self, what: str, conversation_id: str) -> None:
        node = self.node
        if node is None or not node.serves:
            return
        asked = node.start(http(node, self.owner.session, what, conversation_id), "http")
        await asyncio.wait([asked], timeout=30)
        error = asked.exception() if asked.done() and not asked.cancelled() else None
        if error is not None and not isinstance(error, ChatError | Unavailable):
            self.faults.append(f"{what}: {error!r}")

    def _id(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    # --- what a person sees

    def look(self) -> None:
        """Read what has arrived."""
        if self._socket is None:
            return
        visit, arrived = self.visits[-1], self._socket.arrived
        for text in arrived[self._read :]:
            self._see(visit, text, json.loads(text))
        self._read = len(arrived)

    def _see(self, visit: Visit, text: bytes, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            visit.welcome = frame
            self._epoch, self._after = frame["epoch"], self._after if frame["resumed"] else frame["cursor"]
        elif frame["type"] == "message.accepted":
            visit.accepted.append(frame["id"])
            self.sent[frame["id"]].accepted += 1
            self.outbox.pop(frame["id"], None)
        elif frame["type"] == "error":
            self._refused(frame)
        else:
            visit.frames.append(text)
            self._after = frame["cursor"]

    def _refused(self, frame: dict[str, Any]) -> None:
        code, sent = frame["code"], self.sent.get(frame.get("ref") or "")
        if sent is None or code not in ("busy", "not_found", "unavailable"):
            self.faults.append(f"{self.name} heard {frame}")
            return
        gone = sent.conversation_id in self.owner.deleted
        # A node that lags has not read of it yet, and may say so.
        if code == "not_found" and not gone and sent.id not in self.outbox and not (self.node and self.node.lagged):
            self.faults.append(f"{self.name} heard that what it had sent was not there: {frame}")
        sent.refused.append(code)
        if code == "not_found" and gone:
            self.outbox.pop(sent.id, None)


async def http(node: Node, session: Session, what: str, conversation_id: str) -> None:
    """What the routes of the same names do."""
    if what == "delete":
        await node.services.commands.delete(session, conversation_id)
    else:
        await node.services.commands.rename(session, conversation_id, f"Title {timestamps.now_ms()}")
