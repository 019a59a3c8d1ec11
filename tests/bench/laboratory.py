"""Figure: what the laboratory costs the chat: not there, there with nobody looking, and with a page that looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from tempfile import mkdtemp
from typing import Any

from tests.bench.measurement import put_load
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.speed import Runs, scenario_file
from tests.bench.targets import Services, Target
from tests.services.http import HttpClient
from tests.services.stack import Node

ABSENT, CLOSED, OPEN = "no laboratory", "a laboratory, nobody looks", "somebody looks"
ROUNDS = 2  # so many times those of the plan, each half as long: what is looked for is smaller than what two runs differ by
SOCKETS = 100
PICTURE_S, LEDGER_S = 0.25, 1.0  # how often the page asks


async def laboratory(services: Services, plan: Plan) -> list[Table]:
    """Turns, and parts of streamed replies, through an embedded node, and its processor time for each."""
    streaming: dict[str, Any] = {"seconds": plan.seconds / 2, "sockets": min(SOCKETS, plan.streaming), "scenario": "long"}
    turns: dict[str, Any] = {"seconds": plan.seconds / 2, "sockets": plan.sockets[-1]}
    async with AsyncExitStack() as stack:
        # A node for each: what one has stored and holds in memory weighs on its next run, and a look is felt for a minute.
        kinds = ((ABSENT, "false"), (CLOSED, "true"), (OPEN, "true"))
        nodes = [await stack.enter_async_context(embedded(name, lab)) for name, lab in kinds]
        return [
            _table(await _runs(nodes, plan, "turns", turns), "turn", f"{turns['sockets']} sockets, one message in flight each"),
            _table(await _runs(nodes, plan, "stream", streaming), "part", f"{streaming['sockets']} sockets stream long replies"),
        ]


async def _runs(nodes: list[Target], plan: Plan, kind: str, load: dict[str, Any]) -> Runs:
    runs = Runs()
    for number in range(ROUNDS * plan.rounds):
        first = number % len(nodes)  # each is first, second and third in turn
        for node in (*nodes[first:], *nodes[:first]):
            async with looking_at(node.url) if node.name == OPEN else nullcontext():
                runs.of[node.name].append(await put_load(node, None, kind, **load))
    return runs


def _table(runs: Runs, one: str, load: str) -> Table:
    table = Table(
        f"What the laboratory costs: an embedded node, {load}",
        ("", f"{one}s/s", "÷ none", f"own µs/{one}", "÷ none"),
        f"own: the node with its responder and its Postgres. Looking: the picture every {PICTURE_S:g} s, the ledger every {LEDGER_S:g} s, "
        "and the log followed. Bar: nobody looks ≤ 1.05 of the processor time without; its ratio holds on a busy machine too.",
    )
    for name in (ABSENT, CLOSED, OPEN):
        rate, cpu = runs.rate(name), runs.cpu_us(name, "node")
        ratios = [f"{figure.over(none):.2f}" for figure, none in ((rate, runs.rate(ABSENT)), (cpu, runs.cpu_us(ABSENT, "node")))]
        table.add(name, rate.text(), ratios[0], cpu.text(1), ratios[1])
    return table


@asynccontextmanager
async def embedded(name: str, lab: str) -> AsyncIterator[Target]:
    """A node as `make run` starts it."""
    environment = {
        "CHAT_LAB": lab, "CHAT_MOCK_PROFILE": "instant",
        "CHAT_DATA_DIR": mkdtemp(prefix="myna-bench-"), "CHAT_MOCK_SCENARIOS": scenario_file(),
        "CHAT_UNLIMITED_NETWORKS": "127.0.0.0/8", "CHAT_RATE_PER_S": "1000000", "CHAT_PREFETCH": "500", "CHAT_LOG_FORMAT": "json",
    }  # fmt: skip
    node = Node(environment, name="lab")
    try:
        await node.start()
        yield Target(name, (node.url,), {"node": node.pid})
    finally:
        node.terminate()
        await node.ended(60)


@asynccontextmanager
async def looking_at(url: str) -> AsyncIterator[None]:
    """What a page with the laboratory open asks for, until the end of the block."""
    async with HttpClient(base_url=url, timeout=60) as page:

        async def again(path: str, every_s: float) -> None:
            while True:
                (await page.get(path)).raise_for_status()
                await asyncio.sleep(every_s)

        async def follow() -> None:
            after = -1
            while True:
                answer = await page.get(f"/api/log?view=operator&limit=200&after={after}&wait_s=20")
                after = answer.json()["last"]

        loops = [again("/api/pipeline/turns", PICTURE_S), again("/api/lab/ledger", LEDGER_S), follow()]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            failed = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            assert not failed
