"""Nodes and responders on one in-memory broker and store, in virtual time."""

import asyncio
import inspect
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from msgspec import UNSET

from myna.broker.embedded.broker import EmbeddedBroker
from myna.core.hub import Mailbox
from myna.core.projection import Projection
from myna.mock_ai.port import Brain, End, Failure, Part, Prompt, ReplyStep
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.errors import ChatError
from myna.protocol.event_fields import ParentId
from myna.protocol.frames import MessageAccepted, MessageSend, ReplyRegenerate
from myna.protocol.session import Session
from myna.settings import Settings
from tests.fakes.memory_store import MemoryStore
from tests.simulation.network import BrokerLink
from tests.simulation.processes import Node, ProcessClasses, Worker
from tests.simulation.virtual_time import VirtualLoop, clock, run
from tests.unit.log_events import ANN, CONVERSATION, uid

SETTINGS = Settings(_env_file=None, abandoned_s=20.0)
PARTS = ("one ", "two ", "three ", "four ", "five")
WHOLE = "".join(PARTS)
BETWEEN_S = 1.0  # two parts, and the last part and the end
POLL_S = 0.02
LIMIT_S = 120.0  # of virtual time, after which a wait fails
UNCHANGED = ProcessClasses()


class SlowBrain:
    """A model that replies with the same five parts, one a second; records the part each reply started from, and the prompts."""

    deterministic = True

    def __init__(self, parts: tuple[str, ...] = PARTS, *, history: int = 0) -> None:
        self.parts = parts
        self.history = history  # characters of the conversation so far that it is told
        self.starts: list[int] = []
        self.prompts: list[Prompt] = []

    async def close(self) -> None:
        pass

    def option_problem(self, profile: str | None, scenario: str | None, rules: str | None = None) -> str | None:
        return None

    def history_limit(self, seed: int | None) -> int:
        return self.history

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        self.starts.append(start)
        self.prompts.append(prompt)
        for text in self.parts[start:]:
            await asyncio.sleep(BETWEEN_S)
            yield Part(text, 0.0)
        await asyncio.sleep(BETWEEN_S)
        if prompt.text == "refuse":
            yield Failure("refused", "No.", retryable=True, after_s=0.0)
        elif prompt.text == "crash":
            raise RuntimeError("the model is broken")
        else:
            yield End("stop", 0.0)


class Cluster:
    """See the module."""

    def __init__(self, loop: VirtualLoop, brain: Brain | None = None) -> None:
        self.loop = loop
        self.broker = EmbeddedBroker()
        self.store = MemoryStore(clock(loop))
        self.brain = brain or SlowBrain()
        self.broker.recover()

    def link(self) -> BrokerLink:
        return BrokerLink(self.broker, random.Random(0))

    async def node(self) -> Node:
        """A node that has caught up."""
        node = Node("node", self.link(), self.store, SETTINGS, self.brain, UNCHANGED)
        await node.services.relay.wait_live()
        return node

    def worker(self, make: ProcessClasses = UNCHANGED) -> Worker:
        return Worker("worker", self.link(), self.brain, make)

    def log(self) -> list[e.Event]:
        """All events in the log, in order."""
        lines = [line for record in self.broker.queues.log for line in record.body.split(b"\n")]
        return [
            event for event in map(log_codec.read_line, lines) if not isinstance(event, e.LogMark | e.SessionEnded | e.MockSetupChanged)
        ]

    async def until(self, true: Callable[[], object]) -> None:
        """Return as soon as this is true."""
        end = self.loop.now + LIMIT_S
        while not true():
            assert self.loop.now < end, "it never came true"
            await asyncio.sleep(POLL_S)


def in_cluster(test: Callable[[Cluster], Awaitable[None]], brain: Brain | None = None) -> None:
    """Run a test on a cluster of its own."""

    async def main(loop: VirtualLoop) -> None:
        await test(Cluster(loop, brain))

    run(main)


P = ParamSpec("P")


def simulated(test: Callable[Concatenate[Cluster, P], Awaitable[None]]) -> Callable[P, None]:
    """Make a test of a coroutine function: it is run on a cluster of its own, which it takes first, in virtual time."""

    @wraps(test)
    def run_test(*args: P.args, **kwargs: P.kwargs) -> None:
        in_cluster(lambda cluster: test(cluster, *args, **kwargs))

    # pytest looks for the parameters behind the cluster only, and for no coroutine.
    signature = inspect.signature(test)
    run_test.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    del run_test.__wrapped__
    return run_test


async def forget(cluster: Cluster, projection: Projection) -> None:
    """Evict everything that is stored from the window."""
    await cluster.until(lambda: not projection.pending)
    projection._window._limit = 0
    projection._window.trim(projection.reached)


class NodeClient:
    """A client of a node below its websocket: submits to it, and receives what its hub sends."""

    def __init__(self, node: Node, owner: str = ANN, *, born_ms: int = 2**45) -> None:
        self.node = node
        self.session = Session(owner, "", born_ms)
        self.results: list[tuple[str, str]] = []  # id and result of each submission
        self.mailbox = Mailbox(owner, lambda: None)
        self._frames: list[dict[str, Any]] = []
        node.services.hub.attach(self.mailbox)

    @property
    def frames(self) -> list[dict[str, Any]]:
        """Every event so far."""
        self._frames += map(json.loads, self.mailbox.take())
        return self._frames

    def _answer(self, number: int) -> Callable[[MessageAccepted | ChatError], None]:
        def answer(result: MessageAccepted | ChatError) -> None:
            if isinstance(result, ChatError):
                self.results.append((uid(number), result.code))
            else:
                self.results.append((uid(number), "duplicate" if result.duplicate else "accepted"))

        return answer

    def send(self, number: int, text: str = "hello", conversation: str = CONVERSATION, *, parent: ParentId = UNSET) -> None:
        named = {} if parent is UNSET else {"parent_id": parent}
        frame = MessageSend.model_validate(
            {"type": "message.send", "id": uid(number), "conversation_id": conversation, "text": text} | named
        )
        self._submit(frame, number)

    def regenerate(self, number: int, message: int, conversation: str = CONVERSATION) -> None:
        frame = ReplyRegenerate(type="reply.regenerate", id=uid(number), conversation_id=conversation, message_id=uid(message))
        self._submit(frame, number)

    def _submit(self, frame: MessageSend | ReplyRegenerate, number: int) -> None:
        self.node.context.run(self.node.services.submissions.submit, self.session, frame, self._answer(number), lambda: True)

    async def stop(self, number: int, conversation: str = CONVERSATION) -> None:
        await self.node.services.commands.stop(self.session.owner, conversation, uid(number))

    async def delete(self, conversation: str = CONVERSATION) -> None:
        await self.node.services.commands.delete(self.session, conversation)

    def answers(self, number: int) -> list[str]:
        """The results for this id, in order."""
        return [answer for its, answer in self.results if its == uid(number)]

    def created(self) -> list[str]:
        """Ids of the messages created, in order."""
        return [frame["id"] for frame in self.frames if frame["type"] == "message.created"]

    def parents(self) -> dict[str, str | None]:
        """What each message follows, as sockets are told."""
        return {frame["id"]: frame.get("parent_id", "left out") for frame in self.frames if frame["type"] == "message.created"}

    def ends(self) -> list[tuple[str, str]]:
        """How replies ended, in order: the message, and the finish reason or the code of the failure."""
        ended = [frame for frame in self.frames if frame["type"] in ("reply.completed", "reply.failed")]
        return [(frame["message_id"], frame.get("finish_reason") or frame["code"]) for frame in ended]

    def parts(self, number: int) -> list[tuple[int, str]]:
        """The parts of the replies to this message: index and text, in order."""
        deltas = [frame for frame in self.frames if frame["type"] == "reply.delta"]
        return [(frame["index"], frame["text"]) for frame in deltas if frame["message_id"] == uid(number)]

    def whole(self, number: int) -> list[str]:
        """The whole texts of the completed replies to this message."""
        return [frame["text"] for frame in self.frames if frame["type"] == "reply.completed" and frame["message_id"] == uid(number)]
