"""Figures: what idle connections cost, how fast everybody is back after a cut, and how soon a started pipeline answers."""

import asyncio
import time
from contextlib import AsyncExitStack

from tests.bench import processor_time
from tests.bench.measurement import Figure, Run, put_load
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.speed import OURS, scenario_file
from tests.bench.targets import Services, Target, bare, myna
from tests.services.chat_client import ChatClient


async def idle_connections(services: Services, plan: Plan) -> list[Table]:
    """kB of memory for each connection that says nothing. A fresh process for each round: freed memory would hide the cost."""
    table = Table(
        f"Idle connections: {plan.idle:,} held at once",
        ("", "kB each", "÷ bare", "held", "connected in s"),
        "kB each: growth of the process's own memory. Bar: ≤ 1.3 of a bare Quart route on Hypercorn that waits for a message.",
    )
    costs: dict[str, list[float]] = {OURS: [], "bare echo": []}
    runs: dict[str, Run] = {}
    for _ in range(plan.rounds):
        for name in costs:
            async with myna(services, name=OURS, responders=0) if name == OURS else bare("echo") as target:
                grown, runs[name] = await _grown_by(target, plan)
                costs[name].append(grown)
    least = Figure(costs["bare echo"])
    for name, values in costs.items():
        seen = runs[name].seen
        table.add(name, Figure(values).text(1), f"{Figure(values).over(least):.2f}", f"{seen['held']:,}", f"{seen['connected_s']:.1f}")
    return [table]


async def _grown_by(target: Target, plan: Plan) -> tuple[float, Run]:
    root = next(iter(target.processes.values()))
    await put_load(target, None, "idle", sockets=10, seconds=0.1)
    before = processor_time.private_kib(root)
    after: list[int] = []
    run = await put_load(
        target, None, "idle", sockets=plan.idle, seconds=1.5, at_end=lambda: after.append(processor_time.private_kib(root))
    )
    return (after[0] - before) / plan.idle, run


async def memory_under_load(services: Services, plan: Plan) -> list[Table]:
    """A node's own memory while it works: it fills its window, and then it is to stay as it is."""
    table = Table(
        f"Memory under {plan.minutes:g} minutes of load: 200 sockets, a model that takes half a second",
        ("", *(f"{tenth * plan.minutes / 10:g} min" for tenth in range(1, 11)), "last ÷ half-way"),
        "MiB of the process's own. A node remembers 64 MiB of events; when those are full it forgets as much as it learns. Bar: flat.",
    )
    async with myna(services, name=OURS, CHAT_MOCK_SCENARIOS=scenario_file()) as target:
        seen: dict[str, list[float]] = {name: [] for name in target.processes}

        async def look() -> None:
            for _ in range(10):
                await asyncio.sleep(plan.minutes * 6)
                for name, pid in target.processes.items():
                    seen[name].append(processor_time.private_kib(pid) / 1024)

        looking = asyncio.create_task(look())
        await put_load(target, services, "turns", sockets=200, seconds=plan.minutes * 60, scenario="model")
        await looking
    for name, mib in seen.items():
        table.add(f"Myna: its {name}", *(f"{value:.0f}" for value in mib), f"{mib[-1] / mib[4]:.2f}")
    return [table]


async def reconnect_storm(services: Services, plan: Plan) -> list[Table]:
    """Everybody in the middle of a reply is cut off at once, comes back at once and resumes."""
    table = Table(
        f"Reconnect storm: {plan.storm:,} clients in the middle of a reply are cut off and come back at once",
        ("", "all back after s", "p50 s", "resumed", "in a reply then", "lost or repeated parts", "node's ms each"),
        "Every client checks that the parts it received in both lives are 0, 1, 2 … without a gap or a repetition. Bar: ≤ 10 s, none lost.",
    )
    async with myna(services, name=OURS, CHAT_MOCK_SCENARIOS=scenario_file()) as target:
        runs = [await put_load(target, services, "storm", sockets=plan.storm, seconds=4, scenario="paced") for _ in range(plan.rounds)]
    seen = runs[-1].seen
    back, half = Figure([run.seen["all_back_s"] for run in runs]), Figure([run.seen["p50_back_s"] for run in runs])
    each = Figure([run.cpu["node"] / plan.storm * 1000 for run in runs])
    lost = sum(run.seen["lost"] for run in runs)
    table.add(OURS, back.text(2), half.text(2), f"{seen['resumed']:,}", f"{seen['in_reply']:,}", f"{lost}", each.text(2))
    return [table]


async def first_answer(services: Services, plan: Plan) -> list[Table]:
    """From the start of a node and a responder to the first reply."""
    table = Table("Start", ("", "s"), "Migrated database, running broker; the node and the responder start at once.")
    ready, answered = [], []
    for _ in range(plan.rounds):
        async with AsyncExitStack() as stack:
            target = await stack.enter_async_context(myna(services, nodes=0, responders=0))
            assert target.stack
            began = time.perf_counter()
            await target.stack.add_responder()
            node = await target.stack.add_node()
            ready.append(time.perf_counter() - began)
            client = ChatClient()
            await client.open(node.url)
            await client.end_of((await client.send("hello"))["id"])
            answered.append(time.perf_counter() - began)
            await client.close()
    table.add("node ready", Figure(ready).text(2))
    table.add("first reply complete", Figure(answered).text(2))
    return [table]
