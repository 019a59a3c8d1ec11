"""Runs nodes, responders and clients in virtual time under random faults. One seed decides all of it."""

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
from tests.simulation.clients import Owner, Tab
from tests.simulation.invariants import ReferenceLog, broken_invariants
from tests.simulation.network import BrokerLink, SlowStore
from tests.simulation.processes import Node, ProcessClasses, Worker
from tests.simulation.scripted_model import ScriptBrain
from tests.simulation.tree_invariants import tree_faults
from tests.simulation.virtual_time import START, VirtualLoop, clock, run

FAULTS_S = (4.0, 8.0, 30.0)  # how long clients send and faults happen, one of these: short runs give many seeds, long ones reach far
SETTLE_S = 240.0  # by then everything has settled; a healthy run needs about 20
ABANDONED_S = 8.0
# Shorter than in the product, because runs are short: what a node reads again when it starts, and how often a checkpoint is kept.
SHORTENED = {"myna.pipeline.log_reader.REWIND_S": 10.0, "tests.fakes.memory_store.CHECKPOINT_INTERVAL_S": 1.0}
FAULT_WORDS = ("crashed", "ended", "refused", "unreadable", "fault")  # in the names of log events that must not happen

# Clients here send faster than people do, and rate limits are not what is tested.
SETTINGS = Settings(_env_file=None, abandoned_s=ABANDONED_S, rate_per_s=1_000, rate_burst=10_000)


UNCHANGED = ProcessClasses()


@dataclass
class Report:
    """The result of a run."""

    seed: int
    digest: str  # of the log and of every frame received
    faults: list[str]
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class InjectedBug:
    """A bug that is put in to see that it is found: classes that replace the product's."""

    classes: ProcessClasses = UNCHANGED
    reply: type[OpenReply] = OpenReply


NO_BUG = InjectedBug()


def simulate(seed: int, bug: InjectedBug = NO_BUG) -> Report:
    """One run. The same seed gives the same report."""
    with _reported_faults() as trouble, _shortened(bug):
        report = run(lambda loop: Simulation(loop, seed, bug.classes).run(), seed)
    report.faults += trouble
    return report


@contextmanager
def _shortened(bug: InjectedBug) -> Iterator[None]:
    values: dict[str, Any] = SHORTENED | {
        "myna.core.fold_rules.OpenReply": bug.reply,
        "myna.pipeline.reply_progress.OpenReply": bug.reply,
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
def _reported_faults() -> Iterator[list[str]]:
    """Collects log events that report a fault; all others are dropped."""
    faults: list[str] = []

    def listen(logger: Any, method: str, event: dict[str, Any]) -> Any:
        if any(word in event["event"].rpartition(".")[2] for word in FAULT_WORDS):
            faults.append(f"the product reports {event}")
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    kept = list(before)
    before[:] = [structlog.processors.format_exc_info, listen]  # in place, as loggers may have been made already
    try:
        yield faults
    finally:
        before[:] = kept


class Simulation:
    """One run: the shared broker and store, the processes on them, and the clients."""

    def __init__(self, loop: VirtualLoop, seed: int, classes: ProcessClasses) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._loop = loop
        self._classes = classes
        self._rng = random.Random(f"faults {seed}")
        self.broker = EmbeddedBroker()
        self.store = SlowStore(clock(loop))
        self.store.rng = random.Random(f"store {seed}")
        self.brain = ScriptBrain()
        self.nodes: list[Node] = []
        self.workers: list[Worker] = []
        self.tabs: list[Tab] = []
        self._started = 0
        # In half of all runs no confirm is lost: faults found there need nothing else to go wrong.
        self._lost_confirms = self._rng.choice((0.0, 0.02))

    async def run(self) -> Report:
        """Run from the first connection to the report."""
        self.broker.recover()
        self.nodes += [self._node(), self._node()]
        self.workers += [self._worker(), self._worker()]
        for node in self.nodes:
            await node.services.relay.wait_live()
        epoch = self.nodes[0].services.projection.epoch
        self._add_clients()
        runs = [asyncio.create_task(tab.live(), name=tab.name) for tab in self.tabs]
        await self._inject_faults()
        await self._settle()
        for run_ in runs:
            run_.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        return self._report(epoch)

    def _add_clients(self) -> None:
        for number in range(2):
            rng = random.Random(f"owner {number} {self.seed}")
            owner_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            conversations = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(2)]
            owner = Owner(Session(owner_id, "a token", int(START.timestamp() * 1000)), conversations)
            for tab in range(1 + number % 2):
                name = f"tab {number}.{tab}"
                self.tabs.append(Tab(name, owner, self.nodes, random.Random(f"{name} {self.seed}")))

    def _link(self, name: str) -> BrokerLink:
        return BrokerLink(self.broker, random.Random(f"link {name} {self.seed}"), lost_confirms=self._lost_confirms, split=0.2)

    def _node(self) -> Node:
        self._started += 1
        name = f"node {self._started}"
        return Node(name, self._link(name), self.store, SETTINGS, self.brain, self._classes)

    def _worker(self) -> Worker:
        self._started += 1
        name = f"worker {self._started}"
        return Worker(name, self._link(name), self.brain, self._classes)

    # --- faults

    async def _inject_faults(self) -> None:
        until = self._loop.now + self._rng.choice(FAULTS_S)
        faults = {
            self._kill_worker: 5, self._kill_node: 3, self._lose_broker: 2, self._lose_broker_for_long: 0.3, self._lose_store: 3,
            self._break_writer_lock: 2, self._break_record: 2, self._freeze_worker: 3, self._lag: 3,
        }  # fmt: skip
        mean = self._rng.choice((0.7, 2.0, 6.0))
        under_way: set[asyncio.Task[None]] = set()
        while self._loop.now < until:
            await asyncio.sleep(self._rng.expovariate(1 / mean))
            fault = self._rng.choices(list(faults), list(faults.values()))[0]
            self.counts[fault.__name__.strip("_")] += 1
            task = asyncio.create_task(fault(), name=fault.__name__)
            under_way.add(task)
        await asyncio.gather(*sorted(under_way, key=hash))

    async def _pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self._rng.uniform(low, high))

    async def _kill_worker(self) -> None:
        alive = [worker for worker in self.workers if worker.alive]
        if alive:
            worker = self._rng.choice(alive)
            await worker.kill()
            await self._pause(0, 2)
            self.workers[self.workers.index(worker)] = self._worker()

    async def _kill_node(self) -> None:
        alive = [node for node in self.nodes if node.alive]
        if len(alive) == len(self.nodes):  # one stays, so that the log is read
            node = self._rng.choice(alive)
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
        """Give a worker's deliveries to others while it still works on them, as after a missed heartbeat."""
        if self.broker._consumers:
            self._rng.choice(self.broker._consumers).requeue_all()
            self.broker.work_arrived.notify_all()

    async def _lag(self) -> None:
        node = self._rng.choice(self.nodes)
        node.link.lag_s, node.lagged = self._rng.uniform(0, 1), True
        await self._pause(0, 3)
        node.link.lag_s = 0.0

    # --- the end

    async def _settle(self) -> None:
        """Wait without faults until everything is delivered and stored."""
        for tab in self.tabs:
            tab.quiet = True
        until = self._loop.now + SETTLE_S
        while self._loop.now < until:
            await asyncio.sleep(1)
            if self._settled():
                await asyncio.sleep(6)  # the recorder's last checkpoint, and repeats of what was not seen in the log
                if self._settled():
                    return
        self.counts["never quiet"] += 1

    def _settled(self) -> bool:
        return (
            all(tab.settled for tab in self.tabs)
            and not any(node.services.projection.open_replies or node.services.projection.pending for node in self.nodes)
            and all(
                node.services.relay.live and node.services.projection.reached.offset + 1 == self.broker.queues.next_offset
                for node in self.nodes
            )
            and not self.broker.queues.ready
            and not self.broker.queues.unacked
        )

    def _report(self, epoch: str) -> Report:
        for tab in self.tabs:
            tab.read()
        log = ReferenceLog(self.broker, epoch)
        faults = broken_invariants(log, self.broker, self.store, self.nodes, self.workers, self.tabs)
        faults += tree_faults(log, self.store, self.tabs, lagged=bool(self.counts["lag"]))
        for process in (*self.nodes, *self.workers):
            if process.supervisor.failed.is_set():
                faults.append(f"{process.name} gave up: {process.supervisor.failure!r}")
        said = [record.body for record in self.broker.queues.log]
        said += [frame for tab in self.tabs for connection in tab.connections for frame in connection.frames]
        self._count(log)
        return Report(self.seed, hashlib.sha256(b"\n".join(said)).hexdigest(), faults, self.counts)

    def _count(self, log: ReferenceLog) -> None:
        connections = [connection for tab in self.tabs for connection in tab.connections if connection.welcome and connection.after]
        self.counts["sent"] += sum(len(tab.sent) for tab in self.tabs)
        self.counts["stops"] += sum(len(tab.stops) for tab in self.tabs)
        self.counts["replies"] += len(log.turns)
        accepted = [sent for tab in self.tabs for sent in tab.sent.values() if sent.accepted]
        self.counts["accepted"] += len(accepted)
        self.counts["branches"] += sum(isinstance(sent.parent, str) for sent in accepted)
        self.counts["resumed"] += sum(connection.welcome["resumed"] for connection in connections)
        self.counts["not resumed"] += sum(not connection.welcome["resumed"] for connection in connections)
