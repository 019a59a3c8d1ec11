"""Measures every attack, one after the other, and prints them as a Markdown table: `python -m tests.attacks [SECONDS [ATTACK…]]`."""

import asyncio
import sys
from collections.abc import Sequence

from tests.attacks.attacks import TABLE
from tests.attacks.bystander import percentile
from tests.attacks.measuring import Figures, attacked_node, measure

QUIET_S = 1.0
HEAD = """
| attack | ping p50/p99 | in quiet | turn p50/p99 | in quiet | control | times | memory grew / kept | core of node / it | it met | first |
|---|---|---|---|---|---|---|---|---|---|---|"""


async def main(seconds: float, names: Sequence[str]) -> None:
    """A table of what attacks of at least so many seconds do."""
    print(HEAD)
    async with attacked_node() as node:
        for name in names or TABLE:
            figures = await measure(node, name, max(seconds, TABLE[name].seconds), QUIET_S, with_control=True)
            print(row(name, figures), flush=True)


def row(name: str, figures: Figures) -> str:
    """One attack as a line of the table: times in ms, memory in MB."""
    quiet, attacked = figures.quiet, figures.attacked
    cells = [name]
    for there, before in ((attacked.pings, quiet.pings), (attacked.turns, quiet.turns)):
        cells += [f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.0f}" for times in (there, before)]
    cells += [f"{figures.control.turn_p50:.1f}", f"{attacked.turn_p50 / quiet.turn_p50:.1f}"]
    cells.append(f"{figures.peak_mb - figures.before_mb:.0f} / {figures.after_mb - figures.before_mb:.0f} MB")
    cells.append(" / ".join(f"{cpu_s / figures.lasted_s:.0%}" for cpu_s in (figures.node_cpu_s, figures.attacker_cpu_s)))
    cells.append(", ".join(f"{what} × {count}" for what, count in figures.told.items()))
    cells.append("" if figures.first_s is None else f"{figures.first_s} s")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0, sys.argv[2:]))
