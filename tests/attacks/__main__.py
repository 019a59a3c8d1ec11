"""Measures every attack, one after the other, and prints them as a Markdown table: `python -m tests.attacks [SECONDS]`."""

import asyncio
import sys

from tests.attacks.attacks import TABLE
from tests.attacks.bystander import percentile
from tests.attacks.measuring import Figures, attacked_node, measure

HEAD = """
| attack | ping p50 / p99 | in quiet | turn p50 / p99 | in quiet | memory grew / kept | CPU of node / attacker | the attacker met | first |
|---|---|---|---|---|---|---|---|---|"""


async def main(seconds: float) -> None:
    """A table of what attacks of at least so many seconds do."""
    print(HEAD)
    async with attacked_node() as node:
        for name, attack in TABLE.items():
            figures = await measure(node, name, max(seconds, attack.seconds))
            print(row(name, figures), flush=True)


def row(name: str, figures: Figures) -> str:
    """One attack as a line of the table: times in ms, memory in MB."""
    quiet, attacked = figures.quiet, figures.attacked
    cells = [name]
    for there, before in ((attacked.pings, quiet.pings), (attacked.turns, quiet.turns)):
        cells += [f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.0f}" for times in (there, before)]
    cells.append(f"{figures.peak_mb - figures.before_mb:.0f} / {figures.after_mb - figures.before_mb:.0f} MB")
    cells.append(" / ".join(f"{cpu_s / figures.lasted_s:.0%}" for cpu_s in (figures.node_cpu_s, figures.attacker_cpu_s)))
    cells.append(", ".join(f"{what} × {count}" for what, count in figures.told.items()))
    cells.append("" if figures.first_s is None else f"{figures.first_s} s")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
