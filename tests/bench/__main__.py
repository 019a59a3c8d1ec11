"""The benchmarks: `python -m tests.bench [headline] [--quick] [--only NAME …]`. Prints tables and writes REPORT.md beside this file.

`headline` is the part that the README shows: streamed replies, some six minutes. It writes HEADLINE.md, its charts and that table.
A run of some figures leaves the tables of the others in the report, so they can be measured apart, each when the machine is quiet.
`memory` takes half an hour and is measured only when it is named.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from tests.bench import connections, headline, laboratory, report, scaling, speed, stored_data
from tests.bench.plan import HEADLINE, QUICK, WHOLE, Plan
from tests.bench.report import Table
from tests.bench.targets import PEER, Services

HERE = Path(__file__).parent
REPORT, HEADLINES, README = HERE / "REPORT.md", HERE / "HEADLINE.md", HERE.parents[1] / "README.md"
FIGURES: dict[str, Callable[[Services, Plan], Awaitable[list[Table]]]] = {
    "headline": headline.streamed_replies,
    "turns": speed.turns_and_latency,
    "parts": speed.parts,
    "limits": speed.limits_of_the_hops,
    "idle": connections.idle_connections,
    "storm": connections.reconnect_storm,
    "start": connections.first_answer,
    "growth": stored_data.stored_messages,
    "backlog": stored_data.backlog,
    "scale": scaling.responders_and_nodes,
    "lab": laboratory.laboratory,
    "memory": connections.memory_under_load,
}
BY_ITSELF = [name for name in FIGURES if name not in ("headline", "memory")]


def write(to: Path, about: str, tables: list[Table]) -> None:
    """The report, and the headline's first table into the README."""
    report.write(to, about, tables)
    if to == HEADLINES:
        report.put_into(README, tables[0])


async def run(plan: Plan, names: list[str], to: Path) -> list[Table]:
    """Measure these figures and write the report there."""
    report.have_peer(PEER)
    tables: list[Table] = []
    async with Services().running() as services:
        rabbitmq = (await services.rabbit.manage("GET", "overview"))["rabbitmq_version"]
        connection = await asyncpg.connect(services.postgres.url())
        about = report.surroundings(rabbitmq, ".".join(map(str, connection.get_server_version()[:2])))
        await connection.close()
        print(about.replace("  \n", "\n"), flush=True)
        for name in names:
            began, measured = time.perf_counter(), report.moment()
            for table in await FIGURES[name](services, plan):
                table.measured = measured
                tables.append(table)
                print(table.text(), flush=True)
            print(f"({name}: {time.perf_counter() - began:.0f} s)", flush=True)
            write(to, about, tables)
    return tables


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Myna's benchmarks, as tables.")
    parser.add_argument("part", nargs="?", choices=["headline"], help="only what the README shows")
    parser.add_argument("--quick", action="store_true", help="small and short: shows that it works, measures nothing of worth")
    parser.add_argument("--only", nargs="+", choices=FIGURES, help="only these figures")
    parser.add_argument("--report", type=Path, help="where the Markdown goes")
    chosen = parser.parse_args()
    plan, names, to = (HEADLINE, ["headline"], HEADLINES) if chosen.part else (WHOLE, chosen.only or BY_ITSELF, REPORT)
    if sys.platform != "linux":
        parser.exit(1, "The benchmarks read processor time and memory from /proc: they need Linux.\n")
    if chosen.quick:  # its figures are worth nothing, and shall stand beside no others
        plan, to = QUICK, Path(tempfile.mkdtemp(prefix="myna-bench-")) / REPORT.name
    asyncio.run(run(plan, names, chosen.report or to))


if __name__ == "__main__":
    main()
