"""The processes of the simulation: nodes and responders made of the product's own services, which can be killed.

A context variable says which process started a task. Killing one cuts its link first, so that no clean-up sends anything, and then cancels
all its tasks.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.mock_ai.port import Brain
from myna.node.loop_supervisor import Supervisor
from myna.pipeline.commands import Commands
from myna.pipeline.log_reader import LogReader
from myna.pipeline.mock_setups import MockSetups
from myna.pipeline.queries import Queries
from myna.pipeline.recorder import Recorder
from myna.pipeline.relay import Relay
from myna.pipeline.relay_metrics import RelayMetrics
from myna.pipeline.responder import Responder
from myna.pipeline.storage_signals import StorageSignals
from myna.pipeline.submissions import Submissions
from myna.pipeline.watchdog import Watchdog
from myna.protocol.session import Session
from myna.settings import Settings
from myna.store.port import Store
from myna.web.auth import Sessions
from myna.web.limits import Limits
from myna.web.services import Services
from myna.web.websocket.connection import Connection
from tests.simulation.network import BrokerLink
from tests.simulation.virtual_time import CountedTask

DISCONNECT_NOTICED_S = 0.5  # until a server sees that a client is gone

OWNER: ContextVar["Process | None"] = ContextVar("OWNER", default=None)


@dataclass(frozen=True)
class ProcessClasses:
    """The classes that a process is made of; an injected bug replaces one."""

    projection: type[Projection] = Projection
    responder: type[Responder] = Responder
    watchdog: type[Watchdog] = Watchdog


class Process:
    """Supervised tasks in a context of their own."""

    def __init__(self, name: str, link: BrokerLink) -> None:
        self.name = name
        self.link = link
        self.alive = True
        self.context = copy_context()
        self.context.run(OWNER.set, self)
        self.supervisor = self.context.run(Supervisor)

    def start(self, coro: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        """A task of this process."""
        return asyncio.get_running_loop().create_task(coro, name=name, context=self.context)

    async def kill(self) -> None:
        """End it as `kill -9` does; returns when none of its tasks runs."""
        self.alive = False
        self.link.dead = True
        loop = asyncio.get_running_loop()
        tasks = sorted(asyncio.all_tasks(loop), key=hash)
        left = [task for task in tasks if isinstance(task, CountedTask) and task.context.get(OWNER) is self]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class Node(Process):
    """A node without HTTP: connections are passed in."""

    def __init__(self, name: str, link: BrokerLink, store: Store, settings: Settings, brain: Brain, classes: ProcessClasses) -> None:
        super().__init__(name, link)
        self.lagged = False  # at any time since it started
        projection, hub = classes.projection(""), Hub()
        submissions = Submissions(link, store, projection, brain)
        signals = StorageSignals()
        queries = Queries(store, projection, signals)
        recorder = Recorder(store, projection, signals)
        metrics = RelayMetrics()
        watchdog = classes.watchdog(link, projection, submissions.unseen.repeat, abandoned_s=settings.abandoned_s)
        mock_setups = MockSetups(link, store, queries)
        observers = (mock_setups, hub, metrics, submissions, submissions.unseen, watchdog, signals, recorder)
        relay = Relay(link, LogReader(link, store, projection), projection, observers)
        self.services = Services(
            settings=settings, limits=Limits(settings),
            sessions=Sessions("a key of the simulation"), broker=link, store=store, projection=projection, hub=hub,
            submissions=submissions, commands=Commands(link, store, projection, queries, submissions), queries=queries,
            recorder=recorder, relay=relay, relay_metrics=metrics, watchdog=watchdog, mock_setups=mock_setups,
            brain=brain, responder=None,
        )  # fmt: skip
        loops = {"relay": relay.run, "watch": watchdog.run, "recorder": recorder.run}
        for loop_name, loop in loops.items():
            self.context.run(self.supervisor.start, loop_name, loop)

    @property
    def serves(self) -> bool:
        return self.alive and self.services.relay.ready

    def connect(self, session: Session, socket: "Socket", epoch: str, after: str) -> None:
        """Serve a socket until it ends."""
        socket.serving = self.start(self._serve(session, socket, epoch, after), "socket")

    async def _serve(self, session: Session, socket: "Socket", epoch: str, after: str) -> None:
        connection = Connection(self.services, session, socket)
        ended = asyncio.Event()
        connection.on_end = ended.set
        connection.welcome(fresh=False, epoch=epoch, after=after)
        connection.start()
        loops = [asyncio.create_task(loop, name="socket loop") for loop in (ended.wait(), socket.reads(), socket.writes())]
        try:
            await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connection.closing = connection.closing or (1000, "")
            self.services.hub.detach(connection.mailbox)
            for task in loops:
                task.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


class Socket:
    """Both ends of a websocket: what the server's connection writes to, and what has arrived at the client."""

    def __init__(self, delay_s: float) -> None:
        self.arrived: list[bytes] = []
        self.failure: tuple[int, str] | None = None
        self.serving: asyncio.Task[None] | None = None
        self._sent: asyncio.Queue[str] = asyncio.Queue()
        self._receive: Callable[[str], None]
        self._take: Callable[[], list[bytes]] = list
        self._woken = asyncio.Event()
        self._on_the_way: list[bytes] = []
        self._wire_s = delay_s
        self._cut = False

    @property
    def open(self) -> bool:
        return not self._cut and self.serving is not None and not self.serving.done()

    def write(self, frame: str) -> None:
        self._sent.put_nowait(frame)

    def start(self, receive: Callable[[str], None], take: Callable[[], list[bytes]]) -> None:
        self._receive, self._take = receive, take
        self.wake()

    def wake(self) -> None:
        self._woken.set()

    def abort(self, reason: str) -> None:
        self.cut()

    def close(self, code: int, reason: str) -> None:
        while taken := self._take():
            self._on_the_way += taken
        self._arrive()

    async def reads(self) -> None:
        while True:
            text = await self._sent.get()
            self._receive(text)

    async def writes(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while taken := self._take():  # a long past comes in pieces
                self._on_the_way += taken
                await asyncio.sleep(self._wire_s)
                self._arrive()

    def _arrive(self) -> None:
        if not self._cut:
            self.arrived += self._on_the_way
        self._on_the_way = []

    def cut(self) -> None:
        """The client vanishes. The server notices a bit later and cancels the handler, as Quart does."""
        self._cut = True
        if self.serving is not None:
            asyncio.get_running_loop().call_later(DISCONNECT_NOTICED_S, self.serving.cancel)


class Worker(Process):
    """A stand-alone responder."""

    def __init__(self, name: str, link: BrokerLink, brain: Brain, classes: ProcessClasses) -> None:
        super().__init__(name, link)
        self.responder = classes.responder(link, brain, worker=name, prefetch=3)
        for loop_name, loop in {"responder": self.responder.run, "stops": self.responder.watch_stops}.items():
            self.context.run(self.supervisor.start, loop_name, loop)
