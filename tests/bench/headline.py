"""Figures: streamed replies through both queues, beside the Node peer that streams the same parts. What the report leads with."""

import json
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench import processor_time
from tests.bench.charts import Series, bar_chart
from tests.bench.measurement import Run, put_load
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.speed import BOTH, NEITHER, OURS, Runs
from tests.bench.targets import Services, Target, myna, peer

BATCHED = "Node, both, batching"
TARGETS = (OURS, NEITHER, BOTH, BATCHED)
OPEN_PARTS = 60  # of a reply in open loop: a short paragraph
PACE_S = 0.02  # between two of them: 50 parts a second, a quick model; the peer waits as long
# Parts in flight in closed loop at most. Where parts are many, all sockets get theirs in waves: with more in flight a wave of the
# peer's takes longer than what is measured, and sees none of them or thousands.
PARTS_IN_FLIGHT = 15_360
PREFETCH = "500"  # replies that one responder makes side by side: as many as the peer
MIB = 1024  # in KiB
COSTS = ("own µs/part", "all µs/part", "MiB")


def scenarios(plan: Plan) -> str:
    """A file with the scenarios `at-once-N` and `paced-N`, which the peer knows too."""
    scripts = {f"at-once-{parts}": _script(parts, 0.0) for parts in plan.reply_parts}
    scripts[f"paced-{OPEN_PARTS}"] = _script(OPEN_PARTS, PACE_S)
    file = Path(tempfile.mkdtemp(prefix="myna-bench-")) / "scenarios.json"
    file.write_text(json.dumps({"version": 1, "scenarios": scripts}))
    return str(file)


def _script(parts: int, after_s: float) -> dict[str, object]:
    return {"parts": [{"text": f" word number {n}", "after_s": after_s} for n in range(parts)]}


class Measured(Runs):
    """Runs by target, with the memory of the target's own processes at the end of each."""

    def __init__(self) -> None:
        super().__init__()
        self.mib: dict[str, float] = {}

    async def measure(self, target: Target, services: Services, plan: Plan, **options: object) -> None:
        """One more run against this target."""

        def look() -> None:
            self.mib[target.name] = sum(map(processor_time.private_kib, target.processes.values())) / MIB

        run = await put_load(target, services, "replies", seconds=plan.seconds, at_end=look, **options)
        self.of[target.name].append(run)

    def ms(self, target: str, kind: str) -> str:
        """A latency's p50 and p99."""
        return " / ".join(f"{self.latency(target, kind, share).median:,.1f}" for share in ("p50", "p99"))

    def last(self, target: str) -> Run:
        return self.of[target][-1]


async def streamed_replies(services: Services, plan: Plan) -> list[Table]:
    """Closed loop by the number of parts, then open loop by the number of sockets; first of all the README's table, with charts."""
    async with AsyncExitStack() as stack:
        targets = [
            await stack.enter_async_context(target)
            for target in (
                myna(services, name=OURS, CHAT_MOCK_SCENARIOS=scenarios(plan), CHAT_PREFETCH=PREFETCH),
                peer(services, NEITHER, confirms=False, stores=False),
                peer(services, BOTH, confirms=True, stores=True),
                peer(services, BATCHED, confirms=True, stores=True, batches=True),
            )
        ]
        closed = {parts: await _closed(targets, services, plan, parts) for parts in plan.reply_parts}
        opened = {sockets: await _open(targets, services, plan, sockets, rate) for sockets, rate in plan.open_loops}
    headline = _headline(closed, opened)
    headline.charts = _charts(closed, opened)
    return [
        headline,
        *(_closed_table(plan, *one) for one in closed.items()),
        *(_open_table(*one) for one in opened.items()),
    ]


async def _closed(targets: list[Target], services: Services, plan: Plan, parts: int) -> Measured:
    runs = Measured()
    for _ in range(plan.rounds):
        for target in targets:
            await runs.measure(target, services, plan, sockets=_replying(plan, parts), scenario=f"at-once-{parts}", parts=parts)
    return runs


def _replying(plan: Plan, parts: int) -> int:
    """How many sockets ask for replies of so many parts in closed loop."""
    return min(plan.replying, PARTS_IN_FLIGHT // parts)


async def _open(targets: list[Target], services: Services, plan: Plan, sockets: int, rate: float) -> Measured:
    runs = Measured()
    for _ in range(plan.rounds):
        for target in targets:
            await runs.measure(target, services, plan, sockets=sockets, scenario=f"paced-{OPEN_PARTS}", parts=OPEN_PARTS, rate=rate)
    return runs


def _headline(closed: dict[int, Measured], opened: dict[int, Measured]) -> Table:
    parts = OPEN_PARTS if OPEN_PARTS in closed else max(closed)
    sockets = 1_000 if 1_000 in opened else max(opened)
    most, steady = closed[parts], opened[sockets]
    table = Table(
        f"Streamed replies of {parts} parts through both queues",
        (
            "",
            "parts/s at most",
            "Myna ÷",
            "sent → whole p99 ms",
            f"{sockets:,} sockets: first part p50 / p99 ms",
            "a part's delay p50 / p99 ms",
            "µs a part",
        ),
        f"At most: as many as get done, {len(most.of)} targets in turn on the same two cores. {sockets:,} sockets: "
        f"{steady.last(OURS).seen['due']:g} replies a second are due, {1 / PACE_S:g} parts a second each. "
        "Neither: no confirms, nothing stored, lost with the process. Both: confirms, storing. Batching: that peer with our group commit.",
    )
    for name in TARGETS:
        table.add(
            name,
            f"{most.rate(name).median:,.0f}",
            f"{most.rate(OURS).over(most.rate(name)):.1f} ×",
            f"{most.latency(name, 'whole_ms', 'p99').median:,.0f}",
            steady.ms(name, "first_ms"),
            steady.ms(name, "part_ms"),
            f"{most.cpu_all_us(name).median:,.0f}",
        )
    return table


def _closed_table(plan: Plan, parts: int, runs: Measured) -> Table:
    table = Table(
        f"Replies of {parts} part{'s' * (parts > 1)}, closed loop: {_replying(plan, parts)} sockets, one reply in flight each",
        ("", "parts/s", "replies/s", "Myna ÷", "first part p50 / p99 ms", "whole p50 / p99 ms", *COSTS, "load: a core's"),
        "The mock says all parts at once: this shows how much the pipeline carries. Own: its processes; all: with broker and database.",
    )
    for name in TARGETS:
        rate = runs.rate(name)
        table.add(
            name,
            rate.text(),
            f"{rate.median / parts:,.0f}",
            f"{runs.rate(OURS).over(rate):.2f}",
            runs.ms(name, "first_ms"),
            runs.ms(name, "whole_ms"),
            runs.cpu_us(name, "own").text(1),
            runs.cpu_all_us(name).text(1),
            f"{runs.mib[name]:,.0f}",
            f"{runs.load_share(name):.0%}",
        )
    return table


def _open_table(sockets: int, runs: Measured) -> Table:
    due = runs.last(OURS).seen["due"]
    table = Table(
        f"Replies of {OPEN_PARTS} parts, open loop: {sockets:,} sockets, {due:g} replies due a second",
        ("", "parts/s", "first part p50 / p99 ms", "a part's delay p50 / p99 ms", "whole p50 / p99 ms", "unfinished", *COSTS),
        f"Parts {PACE_S * 1000:g} ms apart. Messages are sent at moments fixed beforehand and their time counts from there, also where a "
        "client is held up: no coordinated omission. A part's delay: from its own timestamp (whole ms, cut off) to its arrival.",
    )
    for name in TARGETS:
        table.add(
            name,
            runs.rate(name).text(),
            runs.ms(name, "first_ms"),
            runs.ms(name, "part_ms"),
            runs.ms(name, "whole_ms"),
            f"{runs.last(name).seen['unfinished']}",
            runs.cpu_us(name, "own").text(1),
            runs.cpu_all_us(name).text(1),
            f"{runs.mib[name]:,.0f}",
        )
    return table


def _charts(closed: dict[int, Measured], opened: dict[int, Measured]) -> dict[str, str]:
    rates = [Series(name, [runs.rate(name).median for runs in closed.values()]) for name in TARGETS]
    delays = [Series(name, [runs.latency(name, "part_ms", "p99").median for runs in opened.values()]) for name in TARGETS]
    sockets = [f"{count:,} sockets" for count in opened]
    title = "A part's delay, p99 in ms (open loop, logarithmic)"
    return {
        "parts-a-second": bar_chart("Parts a second, by the parts of a reply", list(map(str, closed)), rates),
        "delay-of-a-part": bar_chart(title, sockets, delays, logarithmic=True),
    }
