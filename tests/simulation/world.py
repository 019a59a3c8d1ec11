"""One run of everything: nodes, responders, people, and somebody who breaks things. The seed decides all of it."""

import asyncio
import hashlib
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import structlog

from myna.broker.embedded.broker import EmbeddedBroker
from myna.core.replies import OpenReply
from myna.protocol.session import Session
from myna.settings import Settings
from tests.simulation.judgement import Truth, judge
from tests.simulation.people import Owner, Tab
from tests.simulation.processes import Make, Node, Worker
from tests.simulation.script import ScriptBrain
from tests.simulation.virtual_time import START, VirtualLoop, clock, run
from tests.simulation.wires import SlowStore, Wire

BUSY_S = (4.0, 8.0, 30.0)  # how long people talk and things break, one of these: short runs are many, long ones get far
CALM_S = 240.0  # by then everything is over; a healthy run needs about 20
ABANDONED_S = 8.0
# Shortened, as the day is: what a node re-reads when it starts, and how often a checkpoint is kept.
SHORTENED = {"myna.pipeline.relay.REWIND_S": 10.0, "tests.fakes.memory_store.CHECKPOINT_INTERVAL_S": 1.0}
TROUBLE = ("crashed", "ended", "refused", "unreadable", "fault")  # words by which the product's log reports what must not be

# People here repeat themselves by machine, which is not what is tried.
SETTINGS = Settings(_env_file=None, abandoned_s=ABANDONED_S, rate_per_s=1_000, rate_burst=10_000)


SOUND = Make()


@dataclass
class Report:
    """What came of a run."""

    seed: int
    digest: str  # of everything that was said
    faults: list[str]
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Planted:
    """A bug put in on purpose."""

    make: Make = SOUND
    reply: type[OpenReply] = OpenReply


NOTHING = Planted()


def simulate(seed: int, planted: Planted = NOTHING) -> Report:
    """One run. The same seed gives the same report."""
    with _trouble() as trouble, _shortened(planted):
        report = run(lambda loop: World(loop, seed, planted.make).live(), seed)
    report.faults += trouble
    return report


@contextmanager
def _shortened(planted: Planted) -> Iterator[None]:
    values: dict[str, Any] = SHORTENED | {
        "myna.core.projection.OpenReply": planted.reply,
        "myna.pipeline.reply_progress.OpenReply": planted.reply,
    }
    patches = [patch(name, value) for name, value in values.items()]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@contextmanager
def _trouble() -> Iterator[list[str]]:
    """What the product itself reports as wrong, instead of its log lines."""
    heard: list[str] = []

    def listen(logger: Any, method: str, event: dict[str, Any]) -> Any:
        if any(word in event["event"].rpartition(".")[2] for word in TROUBLE):
            heard.append(f"the product reports {event}")
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    kept = list(before)
    before[:] = [structlog.processors.format_exc_info, listen]  # in place, as loggers may have been made already
    try:
        yield heard
    finally:
        before[:] = kept


class World:
    """See the module."""

    def __init__(self, loop: VirtualLoop, seed: int, make: Make) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._loop = loop
        self._make = make
        self._dice = random.Random(f"faults {seed}")
        self.broker = EmbeddedBroker()
        self.store = SlowStore(clock(loop))
        self.store.dice = random.Random(f"store {seed}")
        self.brain = ScriptBrain()
        self.nodes: list[Node] = []
        self.workers: list[Worker] = []
        self.tabs: list[Tab] = []
        self._born = 0
        # Half of all worlds are kind to confirms: what goes wrong then goes wrong by itself.
        self._lost_confirms = self._dice.choice((0.0, 0.02))

    async def live(self) -> Report:
        """From the first socket to the judgement."""
        self.broker.recover()
        self.nodes += [self._node(), self._node()]
        self.workers += [self._worker(), self._worker()]
        for node in self.nodes:
            await node.services.relay.wait_live()
        epoch = self.nodes[0].services.projection.epoch
        self._people()
        lives = [asyncio.create_task(tab.live(), name=tab.name) for tab in self.tabs]
        await self._break_things()
        await self._calm()
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        return self._report(epoch)

    def _people(self) -> None:
        for number in range(2):
            dice = random.Random(f"person {number} {self.seed}")
            owner = str(uuid.UUID(int=dice.getrandbits(128), version=4))
            conversations = [str(uuid.UUID(int=dice.getrandbits(128), version=4)) for _ in range(2)]
            person = Owner(Session(owner, "a token", int(START.timestamp() * 1000)), conversations)
            for tab in range(1 + number % 2):
                name = f"tab {number}.{tab}"
                self.tabs.append(Tab(name, person, self.nodes, random.Random(f"{name} {self.seed}")))

    def _wire(self, name: str) -> Wire:
        return Wire(self.broker, random.Random(f"wire {name} {self.seed}"), lost_confirms=self._lost_confirms)

    def _node(self) -> Node:
        self._born += 1
        name = f"node {self._born}"
        return Node(name, self._wire(name), self.store, SETTINGS, self.brain, self._make)

    def _worker(self) -> Worker:
        self._born += 1
        name = f"worker {self._born}"
        return Worker(name, self._wire(name), self.brain, self._make)

    # --- what breaks

    async def _break_things(self) -> None:
        until = self._loop.now + self._dice.choice(BUSY_S)
        faults = {
            self._kill_worker: 5, self._kill_node: 3, self._lose_broker: 2, self._lose_broker_for_long: 0.3, self._lose_store: 3,
            self._break_writer_lock: 2, self._break_record: 2, self._freeze_worker: 3, self._lag: 3,
        }  # fmt: skip
        mean = self._dice.choice((0.7, 2.0, 6.0))
        under_way: set[asyncio.Task[None]] = set()
        while self._loop.now < until:
            await asyncio.sleep(self._dice.expovariate(1 / mean))
            fault = self._dice.choices(list(faults), list(faults.values()))[0]
            self.counts[fault.__name__.strip("_")] += 1
            task = asyncio.create_task(fault(), name=fault.__name__)
            under_way.add(task)
        await asyncio.gather(*sorted(under_way, key=hash))

    async def _pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self._dice.uniform(low, high))

    async def _kill_worker(self) -> None:
        alive = [worker for worker in self.workers if worker.alive]
        if alive:
            worker = self._dice.choice(alive)
            await worker.kill()
            await self._pause(0, 2)
            self.workers[self.workers.index(worker)] = self._worker()

    async def _kill_node(self) -> None:
        alive = [node for node in self.nodes if node.alive]
        if len(alive) == len(self.nodes):  # one stays: a log that nobody reads proves nothing
            node = self._dice.choice(alive)
            await node.kill()
            await self._pause(0, 4)
            self.nodes[self.nodes.index(node)] = self._node()

    async def _lose_broker(self) -> None:
        await self._broker_away(0.05, 3)

    async def _lose_broker_for_long(self) -> None:
        await self._broker_away(ABANDONED_S, ABANDONED_S + 4)

    async def _broker_away(self, low: float, high: float) -> None:
        if self.broker.up:
            self.broker.lose()
            await self._pause(low, high)
            self.broker.recover()

    async def _lose_store(self) -> None:
        if self.store.up:
            self.store.lose()
            await self._pause(0.1, 6)
            self.store.recover()

    async def _break_writer_lock(self) -> None:
        self.store.lose_writer_lock()

    async def _break_record(self) -> None:
        self.store.lose_next_commit_ack()

    async def _freeze_worker(self) -> None:
        """The broker takes what a worker holds for lost; the worker goes on and does not know."""
        if self.broker._consumers:
            self._dice.choice(self.broker._consumers).give_back()
            self.broker.work_arrived.notify_all()

    async def _lag(self) -> None:
        node = self._dice.choice(self.nodes)
        node.wire.lag_s, node.lagged = self._dice.uniform(0, 1), True
        await self._pause(0, 3)
        node.wire.lag_s = 0.0

    # --- the end

    async def _calm(self) -> None:
        """Nothing breaks any more: everything that was promised has to come true now."""
        for tab in self.tabs:
            tab.quiet = True
        until = self._loop.now + CALM_S
        while self._loop.now < until:
            await asyncio.sleep(1)
            if self._all_quiet():
                await asyncio.sleep(6)  # the recorder's last position, the unseen that are repeated
                if self._all_quiet():
                    return
        self.counts["never quiet"] += 1

    def _all_quiet(self) -> bool:
        return (
            all(tab.settled for tab in self.tabs)
            and not any(node.services.projection.open or node.services.projection.pending for node in self.nodes)
            and all(
                node.services.relay.live and node.services.projection.reached.offset + 1 == self.broker.queues.next_offset
                for node in self.nodes
            )
            and not self.broker.queues.ready
            and not self.broker.queues.unacked
        )

    def _report(self, epoch: str) -> Report:
        for tab in self.tabs:
            tab.look()
        truth = Truth(self.broker, epoch)
        faults = judge(truth, self.broker, self.store, self.nodes, self.workers, self.tabs)
        for process in (*self.nodes, *self.workers):
            if process.supervisor.failed.is_set():
                faults.append(f"{process.name} gave up: {process.supervisor.failure!r}")
        said = [record.body for record in self.broker.queues.log]
        said += [frame for tab in self.tabs for visit in tab.visits for frame in visit.frames]
        self._count(truth)
        return Report(self.seed, hashlib.sha256(b"\n".join(said)).hexdigest(), faults, self.counts)

    def _count(self, truth: Truth) -> None:
        visits = [visit for tab in self.tabs for visit in tab.visits if visit.welcome and visit.after]
        self.counts["sent"] += sum(len(tab.sent) for tab in self.tabs)
        self.counts["accepted"] += sum(bool(sent.accepted) for tab in self.tabs for sent in tab.sent.values())
        self.counts["stops"] += sum(len(tab.stops) for tab in self.tabs)
        self.counts["replies"] += len(truth.turns)
        self.counts["resumed"] += sum(visit.welcome["resumed"] for visit in visits)
        self.counts["not resumed"] += sum(not visit.welcome["resumed"] for visit in visits)
