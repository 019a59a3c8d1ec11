"""Tables, on the terminal and as Markdown; and what is said of the machine they come from."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("quart", "hypercorn", "aio-pika", "aiormq", "asyncpg", "pydantic", "uvloop")


@dataclass
class Table:
    """One figure's table. The first column names the row."""

    title: str
    columns: Sequence[str]
    note: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One more row."""
        assert len(cells) == len(self.columns), (self.title, cells)
        self.rows.append(cells)

    def text(self) -> str:
        """For a terminal."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns))]
        shown = ["  ".join([line[0].ljust(widths[0]), *(cell.rjust(widths[at]) for at, cell in enumerate(line) if at)]) for line in lines]
        rule = "─" * len(shown[0])
        return "\n".join([f"\n{self.title}", rule, shown[0], rule, *shown[1:], *([self.note] if self.note else [])])

    def markdown(self) -> str:
        """For the report."""
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"## {self.title}\n\n{table}\n" + (f"\n{self.note}\n" if self.note else "")


def surroundings(rabbitmq: str, postgres: str) -> str:
    """The machine and the versions, in a few lines."""
    described = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in described if "model name" in line), "unknown")
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    others = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory_gib:.0f} GiB, Linux {platform.release()}, load average before the run {others:.1f}  \n"
        f"Python {platform.python_version()} ({packages}), Node {node}, RabbitMQ {rabbitmq}, Postgres {postgres}  \n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; broker, database, load generator and what is measured share the cores"
    )


def write(path: Path, about: str, tables: Sequence[Table]) -> None:
    """The report as Markdown."""
    head = (
        "# Benchmarks\n\nMade by `make bench`. Each figure stands beside its peer in the same run; values are medians of interleaved runs, "
        f"with the least and the most in brackets. Judge by the ratios: the absolute numbers are this machine's.\n\n{about}\n"
    )
    path.write_text(head + "\n" + "\n".join(table.markdown() for table in tables))


def have_peer(folder: Path) -> None:
    """Install the Node peer's packages where they are missing. Raises `CalledProcessError` when npm can't."""
    if not (folder / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
