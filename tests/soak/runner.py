"""One soak: two nodes and three responders under load, faults at random for so many minutes, then the checker's verdict."""

import asyncio
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from myna.checker.verdict import Verdict
from myna.store.postgres.migrations import migrate
from tests.faults import scenarios
from tests.faults.cluster import Cluster
from tests.faults.proxy import Proxy
from tests.faults.retrying_client import RetryingClient
from tests.services.budgets import budget
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Process, Stack
from tests.soak.faults import FAULTS, PROXIES

CLIENTS, CONVERSATIONS = 12, 3
NODES, RESPONDERS = 2, 3
RECOVERY_S = 30.0  # after any fault a stranger is answered within this, times the machine's slowness


@dataclass
class SoakResult:
    """What a soak came to."""

    seed: int
    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)  # replies that failed, and what processes said, in words

    @property
    def clean(self) -> bool:
        """No promise broken, and no reply failed: nothing a soak does is a reason to fail one."""
        return self.verdict.clean and not self.verdict.failed

    def table(self) -> str:
        """Each fault: how often, and how long until a stranger was answered again; then what failed. (The verdict was printed before.)"""
        lines = [f"  {'fault':<26}{'times':>6}{'median':>10}{'longest':>10}   recovery in seconds"]
        for name, count in sorted(self.faults.items()):
            times = sorted(self.recoveries[name])
            lines.append(f"  {name:<26}{count:>6}{times[len(times) // 2]:>10.1f}{times[-1]:>10.1f}")
        return "\n".join([*lines, *(f"  {failure}" for failure in self.failures)])


async def soak(rabbit: RabbitNode, postgres: PostgresServer, *, minutes: float, seed: int) -> SoakResult:
    """Run one on servers that are up. Raises `TimeoutError` when a recovery takes too long or the run does not come to rest."""
    vhost = f"soak-{uuid4().hex}"
    await rabbit.make_vhost(vhost)
    database = await postgres.make_database()
    await migrate(postgres.url(database))
    scenario_file = scenarios.write(Path(tempfile.mkdtemp(prefix="myna-soak-")))
    stack = Stack(rabbit.url(vhost), postgres.url(database), CHAT_MOCK_SCENARIOS=str(scenario_file))
    stack.forks = True
    cluster = Cluster(stack, rabbit, vhost, postgres)
    async with Proxy(rabbit.amqp_port) as proxy:
        PROXIES[cluster] = proxy
        try:
            await cluster.scale(NODES - 1, RESPONDERS)
            # The last node's line to the broker goes through the proxy, in all its lives.
            stack.environment["CHAT_AMQP_URL"] = rabbit.url(vhost).replace(str(rabbit.amqp_port), str(proxy.port))
            await cluster.scale(NODES, RESPONDERS)
            await cluster.queue("chat_queue", consumers=RESPONDERS)
            await asyncio.sleep(2)
            result = SoakResult(seed, Verdict())
            await _inject_faults(cluster, result, random.Random(seed), minutes)
            clients = list(cluster.clients)
            result.verdict = await cluster.finish(within_s=150)
            result.failures += [sentence for client in clients for sentence in _failures(client)]
            if not result.clean:
                result.failures += [line for process in (*cluster.nodes, *cluster.responders) for line in _warnings(process)]
        finally:
            del PROXIES[cluster]
            await cluster.close_clients()
            await stack.stop()
    return result


async def _inject_faults(cluster: Cluster, result: SoakResult, rng: random.Random, minutes: float) -> None:
    end = time.monotonic() + 60 * minutes
    cluster.start_clients(CLIENTS, message=scenarios.mixed, conversations=CONVERSATIONS, pause_s=0.6)
    while time.monotonic() < end:
        await asyncio.sleep(rng.uniform(0.5, 3))
        fault = rng.choice(FAULTS)
        result.faults[fault.__name__] += 1
        begun = time.monotonic()
        print(f"  {60 * minutes - (end - begun):6.1f} s  {fault.__name__:<26} {datetime.now(UTC):%H:%M:%S}", flush=True)
        await fault(cluster, rng)
        undone = time.monotonic()
        await cluster.probe(RECOVERY_S, undone)
        took = time.monotonic() - undone
        result.recoveries[fault.__name__].append(took)
        if took > budget(RECOVERY_S):
            raise TimeoutError(f"{fault.__name__}: a stranger was answered only after {took:.1f} s")


def _failures(client: RetryingClient) -> Iterator[str]:
    for frame in client.frames:
        if frame["type"] == "reply.failed":
            about = [one for one in client.frames if frame["message_id"] in (one.get("message_id"), one.get("id"))]
            story = ", ".join(f"{one['type']} {one.get('index', '')} {one.get('at', '')[11:23]}" for one in about[:3] + about[-3:])
            yield f"{frame['code']}: {frame['message_id']}: {story}"


def _warnings(process: Process) -> Iterator[str]:
    for line in process.log.read_text().splitlines():
        if '"level": "info"' not in line:
            yield f"{process.name}: {line[:300]}"
