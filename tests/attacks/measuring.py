"""One attack on a node while somebody else chats, and what it did to them and to the node."""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attacks.attacker import HEADER_S, SECRET, UNREAD_S
from tests.attacks.bystander import Bystander, Times
from tests.services.http import HttpClient
from tests.services.processes import until
from tests.services.stack import Node

ROOT = Path(__file__).parents[2]
QUIET_S = 0.4  # before an attack
GONE_S = 60.0  # in which nothing is left of it
ADMIN_TOKEN = "only the tests' operator knows this: 0123456789"
NICENESS = 5  # of attackers, who would have a processor of their own elsewhere
# As it is delivered, but for the times that an attack would have to wait for, and the operator's token, which is guessed at.
ENVIRONMENT = {
    "CHAT_MOCK_PROFILE": "instant",
    "CHAT_LOG_FORMAT": "json",
    "CHAT_SECRET_KEY": SECRET,
    "CHAT_ADMIN_TOKEN": ADMIN_TOKEN,
    "CHAT_HEADER_S": str(HEADER_S),
    "CHAT_UNREAD_S": str(UNREAD_S),
}
FEW_FACTS = 10  # of a bystander who goes on
GAUGES = ("myna_connections", "myna_tcp_connections", "myna_body_bytes")


@dataclass
class Figures:
    """What an attack did. Memory is resident, in MB."""

    quiet: Times
    attacked: Times
    control: Times  # while a process does nothing but use as much processor time as the attacker did
    before_mb: float
    peak_mb: float
    after_mb: float
    gone_s: float  # until its connections and bodies were gone
    ready: set[int]  # statuses of /readyz
    told: dict[str, int]
    first_s: float | None
    lasted_s: float
    node_cpu_s: float  # processor time of the node, its whole process, while the attack went on
    attacker_cpu_s: float  # and of the attacker, which the node has to do without where they share a processor

    def __str__(self) -> str:
        return (
            f"bystander's {self.attacked} (quiet: {self.quiet}); "
            f"memory {self.before_mb:.0f} MB, at most {self.peak_mb:.0f}, then {self.after_mb:.0f}; gone after {self.gone_s:.1f} s; "
            f"processor time {self.node_cpu_s:.1f} s, the attacker's {self.attacker_cpu_s:.1f} s; "
            f"told {self.told}, refused first after {self.first_s} s, lasted {self.lasted_s} s"
        )


@asynccontextmanager
async def attacked_node() -> AsyncIterator[Node]:
    """A node with everything in it, as one person starts it."""
    with TemporaryDirectory(prefix="myna-attacked-") as folder:
        node = Node({**ENVIRONMENT, "CHAT_DATA_DIR": folder}, name="attacked")
        await node.start()
        try:
            yield node
        finally:
            node.terminate()
            await node.ended(60)


async def measure(node: Node, name: str, seconds: float, quiet_s: float = QUIET_S, *, with_control: bool = False) -> Figures:
    """Attack for so long, with a quiet time before it and the time until it is gone after; then the control, as long as quiet."""
    await until(partial(_has_stored_all, node), GONE_S, "nothing left to store of what came before")
    bystander, quiet, attacked, control = Bystander(node.url), Times(), Times(), Times()
    living = asyncio.create_task(bystander.live())
    try:
        await asyncio.sleep(0.1)  # its first turn is another's
        bystander.times = quiet
        await asyncio.sleep(quiet_s)
        before, gauges = memory_mb(node.pid), await gauges_of(node)
        bystander.times, cpu_s = attacked, cpu_seconds(node.pid)
        attacker = await _attacker("tests.attacks.attacks", name, node.port, seconds)
        peak, ready, output = await _watch(node, asyncio.create_task(attacker.communicate()))
        bystander.times, cpu_s = Times(), cpu_seconds(node.pid) - cpu_s
        gone_s = await _until_gone(node, gauges)
        told = json.loads(output)
        if with_control:
            await until(partial(_has_stored_all, node), GONE_S, "nothing left to store of the attack")
            bystander.times = control
            await (await _attacker("tests.attacks.spinning", told["attacker_cpu_s"] / told["lasted_s"], quiet_s)).wait()
    finally:
        bystander.leave()
        await living
    after = memory_mb(node.pid)
    return Figures(quiet, attacked, control, before, peak, after, gone_s, ready, node_cpu_s=cpu_s, **told)


async def _attacker(module: str, *arguments: object) -> asyncio.subprocess.Process:
    command = ["nice", "-n", str(NICENESS), sys.executable, "-m", module, *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)


async def _watch(node: Node, attacking: "asyncio.Task[tuple[bytes, bytes]]") -> tuple[float, set[int], bytes]:
    peak, ready = 0.0, set[int]()
    async with HttpClient(base_url=node.url, timeout=60) as client:
        while not attacking.done():
            ready.add((await client.get("/readyz")).status_code)
            end = time.monotonic() + 0.5
            while time.monotonic() < end and not attacking.done():
                peak = max(peak, memory_mb(node.pid))
                await asyncio.wait([attacking], timeout=0.05)
    return peak, ready, (await attacking)[0]


async def _until_gone(node: Node, before: dict[str, float]) -> float:
    begun = time.monotonic()

    async def gone() -> bool:
        now = await gauges_of(node)
        return all(now[name] <= before[name] for name in GAUGES)

    await until(gone, GONE_S, f"no more than {before}")
    return time.monotonic() - begun


async def _has_stored_all(node: Node) -> bool:
    return (await gauges_of(node))["myna_pending_facts"] < FEW_FACTS


async def gauges_of(node: Node) -> dict[str, float]:
    """What the node has open and in flight."""
    async with HttpClient(timeout=60, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}) as client:
        text = (await client.get(f"{node.url}/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}


def faults_in_log(node: Node) -> list[str]:
    """The lines of its log that tell of an error of ours."""
    return [line for line in node.log.read_text().splitlines() if '"level": "error"' in line or "Traceback" in line or "rror:" in line]


def memory_mb(pid: int) -> float:
    """What this process has in memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def cpu_seconds(pid: int) -> float:
    """The processor time that this process has used (fields 14 and 15 of proc_pid_stat(5), behind a name that may hold blanks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
