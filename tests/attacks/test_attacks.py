"""Somebody chats while another address attacks: nothing is lost, little is late, and the attacker is told why it ends.

The figures are printed (`pytest -s`); the limits here are wide, as two busy cores are shared with the attacker.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.attacks.attackers import ATTACKS
from tests.services import budgets
from tests.services.stack import Node

SECONDS = 5.0
# What the attacker meets: at least one of these.
ANSWERS = {
    "http2_prefaces": {"505", "429"},
    "many_errors": {"400"},
    "pings": {"close 4429"},
    "empty_parts": {"close 4429"},
    "frames": {"close 4429"},
    "unfinished_bodies": {"429"},
    "many_sockets": {"429", "close 1013"},
    "slow_headers": {"cut"},
    "reads": {"429", "200"},
}
PING_P99_MS = 50.0  # on cores of one's own
GROWTH_MB = 50.0


@dataclass
class Bystander:
    """Somebody from another address, who pings and chats and writes down how long each takes."""

    url: str
    pings_ms: list[float] = field(default_factory=list)
    turns_ms: list[float] = field(default_factory=list)
    lost: int = 0

    async def live(self, until: asyncio.Event) -> None:
        """Until told."""
        async with self._socket() as pinging, self._socket() as chatting:
            await asyncio.gather(self._ping(pinging, until), self._chat(chatting, until))

    def _socket(self) -> connect:
        return connect(
            self.url.replace("http", "ws") + "/ws", proxy=None, compression=None, local_addr=("127.0.0.3", 0), ping_interval=None
        )

    async def _ping(self, socket: ClientConnection, until: asyncio.Event) -> None:
        await socket.recv()
        while not until.is_set():
            self.pings_ms.append(await self._timed(socket, {"type": "ping", "nonce": len(self.pings_ms)}, '"pong"'))
            await asyncio.sleep(0.01)

    async def _chat(self, socket: ClientConnection, until: asyncio.Event) -> None:
        await socket.recv()
        while not until.is_set():
            frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "/echo still here"}
            self.turns_ms.append(await self._timed(socket, frame, '"reply.completed"'))
            await asyncio.sleep(0.1)

    async def _timed(self, socket: ClientConnection, frame: Mapping[str, object], end: str) -> float:
        begun = time.perf_counter()
        await socket.send(json.dumps(frame))
        async with asyncio.timeout(30):
            while end not in str(await socket.recv()):
                pass
        return (time.perf_counter() - begun) * 1_000


@pytest.fixture(scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A node with everything in it, as one person starts it."""
    one = Node(
        {
            "CHAT_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "CHAT_MOCK_PROFILE": "instant",
            "CHAT_LOG_FORMAT": "json",
            "CHAT_HEADER_S": "2",
            "CHAT_MAX_SOCKETS_PER_ADDRESS": "300",
        },
        name="attacked",
    )
    await one.start()
    yield one
    one.terminate()
    await one.ended(60)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_from_one_address_holds_up_nobody_at_another(node: Node, attack: str) -> None:
    bystander, done, before = Bystander(node.url), asyncio.Event(), memory_mb(node.pid)
    living = asyncio.create_task(bystander.live(done))
    try:
        attacker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.attacks.attackers", attack, str(node.port), str(SECONDS),
            cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        peak, ready = before, []
        ended = asyncio.create_task(attacker.communicate())
        while not ended.done():
            peak = max(peak, memory_mb(node.pid))
            ready.append((await node.readyz())[0])
            await asyncio.wait([ended], timeout=0.2)
        output, _ = await ended
    finally:
        done.set()
    await living
    report = json.loads(output)

    ping_99, turn_99 = percentile(bystander.pings_ms), percentile(bystander.turns_ms)
    print(
        f"\n{attack}: bystander's ping p50 {statistics.median(bystander.pings_ms):.1f} ms, p99 {ping_99:.1f} ms, "
        f"turn p50 {statistics.median(bystander.turns_ms):.1f} ms, p99 {turn_99:.1f} ms; memory {before:.0f} MB, at most {peak:.0f} MB; "
        f"the attacker was told {report['told']}, first after {report['first_s']} s"
    )
    assert report["told"].keys() & ANSWERS[attack], report
    assert ping_99 <= PING_P99_MS * 10 * budgets.SLOWNESS
    assert peak - before <= GROWTH_MB * 2
    assert set(ready) == {200}


def percentile(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if len(values) > 1 else values[0]


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000
