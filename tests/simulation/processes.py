"""The processes of the simulation: backend nodes and responders, wired from the product's own rooms, that may be killed.

Everything a process starts knows whose it is by a context variable; killing is cancelling all of it, with its wire cut
first so that no clean-up gets a word out.
"""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.mock_ai.port import Brain
from myna.node.supervisor import Supervisor
from myna.pipeline.commands import Commands
from myna.pipeline.queries import Queries
from myna.pipeline.recorder import Recorder
from myna.pipeline.relay import Relay
from myna.pipeline.responder import Responder
from myna.pipeline.submissions import Submissions
from myna.protocol.session import Session
from myna.settings import Settings
from myna.store.port import Store
from myna.web.auth import Sessions
from myna.web.services import Services
from myna.web.websocket.connection import Connection
from tests.simulation.virtual_time import CountedTask
from tests.simulation.wires import Wire

NOTICED_S = 0.5  # until a server sees that a client is gone

OWNER: ContextVar["Process | None"] = ContextVar("OWNER", default=None)


@dataclass(frozen=True)
class Make:
    """What a process is made of; a planted bug is another class here."""

    projection: type[Projection] = Projection
    responder: type[Responder] = Responder


class Process:
    """Loops under a supervisor, in a context of their own."""

    def __init__(self, name: str, wire: Wire) -> None:
        self.name = name
        self.wire = wire
        self.alive = True
        self.context = copy_context()
        self.context.run(OWNER.set, self)
        self.supervisor = self.context.run(Supervisor)

    def start(self, coro: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        """A task of this process."""
        return asyncio.get_running_loop().create_task(coro, name=name, context=self.context)

    async def kill(self) -> None:
        """As `kill -9`: returns when nothing of it runs any more."""
        self.alive = False
        self.wire.dead = True
        loop = asyncio.get_running_loop()
        tasks = sorted(asyncio.all_tasks(loop), key=hash)
        left = [task for task in tasks if isinstance(task, CountedTask) and task.context.get(OWNER) is self]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class Node(Process):
    """A backend node without HTTP: sockets are handed in."""

    def __init__(self, name: str, wire: Wire, store: Store, settings: Settings, brain: Brain, make: Make) -> None:
        super().__init__(name, wire)
        self.lagged = False  # at any time of its life
        projection, hub = make.projection(""), Hub()
        submissions = Submissions(wire, store, projection)
        state = Queries(wire, store, projection)
        recorder = Recorder(store, projection, state)
        relay = Relay(
            wire, store, projection, hub=hub, intake=submissions, state=state, recorder=recorder, abandoned_s=settings.abandoned_s
        )  # fmt: skip
        self.services = Services(
            settings=settings, sessions=Sessions("a key of the simulation"), broker=wire, store=store, projection=projection, hub=hub,
            submissions=submissions, commands=Commands(wire, store, projection, state, submissions), queries=state,
            recorder=recorder, relay=relay, brain=brain, responder=None,
        )  # fmt: skip
        loops = {"relay": relay.run, "watch": relay.watch, "recorder": recorder.run}
        for loop_name, loop in loops.items():
            self.context.run(self.supervisor.start, loop_name, loop)

    @property
    def serves(self) -> bool:
        return self.alive and self.services.relay.ready

    def connect(self, session: Session, socket: "Socket", epoch: str, after: str) -> None:
        """Serve a socket until it ends."""
        socket.serving = self.start(self._serve(session, socket, epoch, after), "socket")

    async def _serve(self, session: Session, socket: "Socket", epoch: str, after: str) -> None:
        connection = Connection(self.services, session, socket)  # type: ignore[arg-type]
        connection.welcome(fresh=False, epoch=epoch, after=after)
        loops = [asyncio.create_task(socket.heard_by(connection), name="reader"), asyncio.create_task(connection.write(), name="writer")]
        try:
            await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connection.closing = connection.closing or (1000, "")
            self.services.hub.detach(connection.mailbox)
            for task in loops:
                task.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


class Socket:
    """What a connection needs of a socket, and what a client has of it: what has arrived."""

    def __init__(self, wire_s: float) -> None:
        self.arrived: list[bytes] = []
        self.serving: asyncio.Task[None] | None = None
        self._sent: asyncio.Queue[str] = asyncio.Queue()
        self._on_the_way: list[bytes] = []
        self._wire_s = wire_s
        self._cut = False

    @property
    def open(self) -> bool:
        return not self._cut and self.serving is not None and not self.serving.done()

    def say(self, frame: str) -> None:
        self._sent.put_nowait(frame)

    async def heard_by(self, connection: Connection) -> None:
        while True:
            connection.hear(await self._sent.get())

    def send_frames(self, frames: list[bytes]) -> bool:
        self._on_the_way += frames
        return False

    async def drained(self) -> None:
        await asyncio.sleep(self._wire_s)
        if not self._cut:
            self.arrived += self._on_the_way
        self._on_the_way = []

    def cut(self) -> None:
        """The client goes without a word. The server notices a bit later, and its handler is cancelled then, as Quart does."""
        self._cut = True
        if self.serving is not None:
            asyncio.get_running_loop().call_later(NOTICED_S, self.serving.cancel)


class Worker(Process):
    """A stand-alone responder."""

    def __init__(self, name: str, wire: Wire, brain: Brain, make: Make) -> None:
        super().__init__(name, wire)
        self.responder = make.responder(wire, brain, worker=name, prefetch=3)
        for loop_name, loop in {"responder": self.responder.run, "stops": self.responder.watch_stops}.items():
            self.context.run(self.supervisor.start, loop_name, loop)
