"""Figures: turns a second and their processor time, latency at low load, parts a second; beside the Node peer and the limits."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.bench import limits
from tests.bench.measurement import Figure, Run, put_load
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.targets import Services, Target, bare, myna, peer

PARTS = 200  # of one long reply
OURS, NEITHER, BOTH, PLAIN = "Myna", "Node, neither", "Node, both", "Node, both, an insert for each"
SERVICES = ("rabbitmq", "postgres", "load", "machine")


def scenario_file() -> str:
    """A file with the scenarios that the benchmarks name: `long`, `paced` (two parts a second) and `model` (half a second's thought)."""
    scripts = {
        "long": {"parts": [{"text": f" word number {n}", "after_s": 0.002} for n in range(PARTS)]},
        "paced": {"parts": [{"text": f" word number {n}", "after_s": 0.5} for n in range(30)]},
        "model": {"parts": [{"text": "What a model would say.", "after_s": 0.5}]},
    }
    folder = Path(tempfile.mkdtemp(prefix="myna-bench-"))
    file = folder / "scenarios.json"
    file.write_text(json.dumps({"version": 1, "scenarios": scripts}))
    return str(file)


class Runs:
    """Runs by target, interleaved."""

    def __init__(self) -> None:
        self.of: dict[str, list[Run]] = defaultdict(list)

    def rate(self, target: str) -> Figure:
        return Figure([run.rate for run in self.of[target]])

    def latency(self, target: str, kind: str, share: str) -> Figure:
        return Figure([run.seen[kind][share] for run in self.of[target]])

    def cpu_us(self, target: str, process: str) -> Figure:
        """Microseconds of processor for each turn or part; `own` is all that is the target's own."""
        if process != "own":
            return Figure([run.cpu_us_each().get(process, 0.0) for run in self.of[target]])
        return Figure([sum(us for name, us in run.cpu_us_each().items() if name not in SERVICES) for run in self.of[target]])

    def cpu_all_us(self, target: str) -> Figure:
        """The same with broker and database, without the load generator."""
        return Figure([sum(us for name, us in run.cpu_us_each().items() if name not in ("load", "machine")) for run in self.of[target]])

    def load_share(self, target: str) -> float:
        return Figure([run.share("load") for run in self.of[target]]).median


async def interleaved(targets: Sequence[Target], services: Services, plan: Plan, kind: str, **options: Any) -> Runs:
    """The same load on each target in turn, `plan.rounds` times over."""
    runs = Runs()
    for _ in range(plan.rounds):
        for target in targets:
            runs.of[target.name].append(await put_load(target, services, kind, seconds=plan.seconds, **options))
    return runs


async def turns_and_latency(services: Services, plan: Plan) -> list[Table]:
    """Turns a second at each number of sockets, and latency with hardly any load."""
    async with AsyncExitStack() as stack:
        targets = [
            await stack.enter_async_context(target)
            for target in (
                myna(services, name=OURS),
                peer(services, NEITHER, confirms=False, stores=False),
                peer(services, BOTH, confirms=True, stores=True),
                peer(services, PLAIN, confirms=True, stores=True, inserts="each"),
                bare("echo"),
            )
        ]
        tables = [_latency(await interleaved(targets, services, plan, "spaced", sockets=10), targets)]
        for sockets in plan.sockets:
            tables.append(_turns(await interleaved(targets, services, plan, "turns", sockets=sockets), targets, sockets))
    return tables


def _latency(runs: Runs, targets: Sequence[Target]) -> Table:
    table = Table(
        "Latency at low load: 10 sockets, one message at a time (ms)",
        ("", "answer p50", "p95", "p99", "whole p50", "p95", "p99", f"whole p50 ÷ {BOTH}", "p99 ÷"),
        "answer: accepted → completed; whole: sent → completed. Bars: p50 ≤ 1.2, p99 ≤ 1.0 of the peer with both.",
    )
    for target in targets:
        cells = [runs.latency(target.name, kind, share).text(2) for kind in ("answer_ms", "whole_ms") for share in ("p50", "p95", "p99")]
        ratios = [runs.latency(target.name, "whole_ms", share).over(runs.latency(BOTH, "whole_ms", share)) for share in ("p50", "p99")]
        table.add(target.name, *cells, *(f"{ratio:.2f}" for ratio in ratios))
    return table


def _turns(runs: Runs, targets: Sequence[Target], sockets: int) -> Table:
    table = Table(
        f"Turns a second: {sockets} sockets, one message in flight each, profile instant",
        ("", "turns/s", "÷ neither", "÷ both", "p50 ms", "own µs/turn", "broker µs", "database µs", "all µs", "÷ both", "load: a core's"),
        "µs: processor time for one turn; `all` is own, broker and database. Its ratio holds on a busy machine too, where turns/s swing. "
        "Bars: ≥ 1.0 of the peer with neither, ≥ 3.5 of the peer with both.",
    )
    for target in targets:
        rate, name = runs.rate(target.name), target.name
        table.add(
            name,
            rate.text(),
            f"{rate.over(runs.rate(NEITHER)):.2f}",
            f"{rate.over(runs.rate(BOTH)):.2f}",
            runs.latency(name, "whole_ms", "p50").text(1),
            runs.cpu_us(name, "own").text(),
            runs.cpu_us(name, "rabbitmq").text(),
            runs.cpu_us(name, "postgres").text(),
            runs.cpu_all_us(name).text(),
            f"{runs.cpu_all_us(name).over(runs.cpu_all_us(BOTH)):.2f}",
            f"{runs.load_share(name):.0%}",
        )
    table.add("Myna: its node", "", "", "", "", runs.cpu_us(OURS, "node").text(), "", "", "", "", "")
    table.add("Myna: its responder", "", "", "", "", runs.cpu_us(OURS, "responder").text(), "", "", "", "", "")
    return table


async def parts(services: Services, plan: Plan) -> list[Table]:
    """Parts a second with many sockets that stream at once, beside a bare loop on the same server stack."""
    table = Table(
        f"Parts a second: {plan.streaming} sockets stream replies of {PARTS} parts",
        ("", "parts/s", "÷ bare", "own µs/part", "all µs/part", "load: a core's"),
        "bare: one Quart route on Hypercorn that sends the same frames one after the other; no broker, no responder. Bar: ≥ 0.6.",
    )
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(myna(services, name=OURS, CHAT_MOCK_SCENARIOS=scenario_file()))
        loop = await stack.enter_async_context(bare("parts", str(PARTS)))
        runs = await interleaved([ours, loop], services, plan, "stream", sockets=plan.streaming, scenario="long")
    for target in (ours, loop):
        rate = runs.rate(target.name)
        own, everything, share = runs.cpu_us(target.name, "own"), runs.cpu_all_us(target.name), runs.load_share(target.name)
        ratio = rate.over(runs.rate(loop.name))
        table.add(target.name, rate.text(), f"{ratio:.2f}", own.text(1), everything.text(1), f"{share:.0%}")
    for process in ("node", "responder"):
        table.add(f"Myna: its {process}", "", "", runs.cpu_us(OURS, process).text(1), "", "")
    return [table]


async def limits_of_the_hops(services: Services, plan: Plan) -> list[Table]:
    """What queues and database do with nothing of ours around them."""
    table = Table("The limits of the hops, bare", ("", "a second"))
    note = "In one process, without a socket and with no time for the answer: nothing that goes over these two queues can be quicker."
    alone = Table("One message alone, bare", ("", "p50 ms"), note)
    async with services.place() as (amqp_url, database):
        around = [await limits.once_around(amqp_url, plan.seconds) for _ in range(plan.rounds)]
        alone.add("published, delivered by the quorum queue, answered, read from the stream", Figure(around).text(2))
        for together in (1, 64):
            published = [await limits.publish_and_consume(amqp_url, plan.seconds, together) for _ in range(plan.rounds)]
            table.add(f"publishes confirmed, through quorum queue and stream, {together} at once", Figure(published).text())
        for rows in (1, 100):
            inserted = [await limits.insert(services.postgres.url(database), plan.seconds, rows) for _ in range(plan.rounds)]
            table.add(f"rows inserted, {rows} a transaction", Figure(inserted).text())
    return [table, alone]
