"""A node's laboratory breaks things in other processes, those alone that have a laboratory, and each once."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from myna.broker.port import Broker
from myna.core.hub import Hub, Mailbox
from myna.core.projection import Projection
from myna.lab.commands import CommandListener, Others
from myna.lab.faults import Faults
from myna.lab.node_faults import NodeFaults
from myna.lab.responder_faults import ResponderFaults
from myna.lab.responder_pool import ResponderPool
from myna.pipeline.recorder import Recorder
from myna.pipeline.responder import Responder
from myna.pipeline.storage_signals import StorageSignals
from myna.protocol import events as e
from myna.protocol.errors import Conflict
from myna.protocol.topology import RoutingKey
from tests.fakes.memory_store import MemoryStore
from tests.unit.cluster import WHOLE, Cluster, simulated
from tests.unit.log_events import accepted_message, body


class Commands:
    """What a broker does of it: whoever listens gets what is sent to its name, or to all."""

    def __init__(self) -> None:
        self._listening: defaultdict[str | None, list[asyncio.Queue[bytes]]] = defaultdict(list)

    async def lab_commands(self, worker: str) -> AsyncGenerator[bytes, None]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for name in (None, worker):
            self._listening[name].append(queue)
        while True:
            yield await queue.get()

    async def lab_command(self, body: bytes, worker: str | None = None) -> bool:
        for queue in self._listening[worker]:
            queue.put_nowait(body)
        return bool(self._listening[worker])


@dataclass
class Process:
    """A process with a laboratory and one responder."""

    pool: ResponderPool
    faults: Faults


@asynccontextmanager
async def process(cluster: Cluster, commands: Commands, name: str) -> AsyncIterator[Process]:
    def make(broker: Broker, worker: str, prefetch: int) -> Responder:
        return Responder(broker, cluster.brain, worker=worker, prefetch=prefetch)

    pool = ResponderPool(cluster.broker, make, worker=name, prefetch=2, drain_s=60)
    faults = faults_of(cluster, commands, pool)
    tasks = [asyncio.create_task(loop) for loop in (pool.run(), CommandListener(commands, faults, name).run())]
    await cluster.until(lambda: bool(pool.members) and pool.consuming)
    try:
        yield Process(pool, faults)
    finally:
        faults.end_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def at_work(cluster: Cluster) -> Counter[str]:
    return Counter(event.worker for event in cluster.log() if isinstance(event, e.ReplyStarted))


def faults_of(cluster: Cluster, commands: Commands, pool: ResponderPool | None) -> Faults:
    faults = Faults([])
    for fault in ResponderFaults(faults, pool, Others(commands), lambda: at_work(cluster)).all():
        faults.possible[fault.name] = fault
    return faults


@dataclass
class OtherNode:
    """A node with a laboratory and no responder."""

    hub: Hub
    recorder: Recorder
    faults: Faults


@asynccontextmanager
async def other_node(cluster: Cluster, commands: Commands, name: str) -> AsyncIterator[OtherNode]:
    hub, projection = Hub(), Projection("epoch")
    recorder = Recorder(MemoryStore(), projection, StorageSignals())
    faults = Faults(NodeFaults(cluster.broker, projection, hub, recorder, Others(commands)).all())
    listening = asyncio.create_task(CommandListener(commands, faults, name).run())
    await asyncio.sleep(0)
    try:
        yield OtherNode(hub, recorder, faults)
    finally:
        faults.end_all()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def send(cluster: Cluster, *numbers: int) -> None:
    for number in numbers:
        await cluster.broker.submit(RoutingKey.MESSAGE, [body(accepted_message(number))])


def ends(cluster: Cluster) -> list[str]:
    return [event.text for event in cluster.log() if isinstance(event, e.ReplyCompleted)]


@simulated
async def test_of_all_that_are_told_to_end_behind_a_part_one_does(cluster: Cluster) -> None:
    commands = Commands()
    node = faults_of(cluster, commands, None)  # a node that runs no responder
    async with process(cluster, commands, "a") as a, process(cluster, commands, "b") as b:
        await node.begin("end_responder", 60, after_part=2)
        await cluster.until(lambda: a.faults.until("end_responder") is not None and b.faults.until("end_responder") is not None)
        await send(cluster, 1, 2)
        await cluster.until(lambda: len(ends(cluster)) == 2)

        assert ends(cluster) == [WHOLE, WHOLE]
        await cluster.until(lambda: len(a.pool.members + b.pool.members) == 2)
        names = {member.responder.worker for member in a.pool.members + b.pool.members}
        assert names in ({"a-2", "b"}, {"a", "b-2"}), "one ended, and its successor came"
        assert a.faults.until("end_responder") is None, "and no other one is to"
        assert b.faults.until("end_responder") is None


@simulated
async def test_the_one_with_a_reply_in_work_is_paused_by_its_name_and_goes_on_by_itself(cluster: Cluster) -> None:
    commands = Commands()
    node = faults_of(cluster, commands, None)
    async with process(cluster, commands, "a") as a:
        await send(cluster, 1)
        await cluster.until(lambda: bool(at_work(cluster)))
        begun = await node.begin("pause_responder", 5)
        assert begun.what == "a, of another process, stands still with 1 begun."
        await cluster.until(lambda: a.pool.members[0].state == "paused")
        assert ends(cluster) == []

        await cluster.until(lambda: ends(cluster) == [WHOLE])
        assert len(at_work(cluster)) == 1, "in one try"


@simulated
async def test_where_nobody_listens_the_fault_is_refused_and_one_that_does_not_work_is_left_alone(cluster: Cluster) -> None:
    node = faults_of(cluster, Commands(), None)
    for name in ("end_responder", "pause_responder"):
        with pytest.raises(Conflict, match="CHAT_LAB"):
            await node.begin(name)
        assert node.until(name) is None


@simulated
async def test_a_command_that_makes_no_sense_is_passed_over(cluster: Cluster) -> None:
    commands = Commands()
    async with process(cluster, commands, "a") as a:
        for command in (b"{", b'{"fault":"end_everything"}', b'{"fault":"pause_responder","seconds":9999}'):
            assert await commands.lab_command(command, "a")
        await commands.lab_command(b'{"fault":"end_responder","seconds":9}', "a")
        await cluster.until(lambda: a.faults.until("end_responder") is not None)
        assert a.faults.until("pause_responder") is None


@simulated
async def test_a_socket_is_cut_on_whichever_node_it_is_and_recorders_of_all_wait(cluster: Cluster) -> None:
    commands = Commands()
    async with other_node(cluster, commands, "a") as asked, other_node(cluster, commands, "b") as other:
        mine, theirs = Mailbox("ann", lambda: None), Mailbox("ben", lambda: None)
        other.hub.attach(mine)
        other.hub.attach(theirs)
        begun = await asked.faults.begin("cut_socket", owner="ann")
        assert "others" in begun.what
        await cluster.until(lambda: mine.cut_off)
        assert (theirs.cut_off, other.hub.count) == (False, 1)

        await asked.faults.begin("hold_recorder", 5)
        await cluster.until(lambda: not other.recorder.released.is_set())
        assert not asked.recorder.released.is_set()
        await asyncio.sleep(6)
        assert (asked.recorder.released.is_set(), other.recorder.released.is_set()) == (True, True)
