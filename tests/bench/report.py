"""Tables, on the terminal and as Markdown; and what is said of the machine they come from."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
PACKAGES = ("quart", "hypercorn", "aio-pika", "aiormq", "asyncpg", "pydantic", "uvloop")


@dataclass
class Table:
    """One figure's table. The first column names the row."""

    title: str
    columns: Sequence[str]
    note: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)
    charts: dict[str, str] = field(default_factory=dict)  # SVG by file name
    measured: str = ""  # when, and how busy the machine was before

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
        shown = "".join(f"\n![{name.replace('-', ' ')}](charts/{name}.svg)\n" for name in self.charts)
        said = "".join(f"\n{text}\n" for text in (self.note, self.measured) if text)
        return f"## {self.title}\n\n{table}\n{said}{shown}"


def moment() -> str:
    """Now, and how busy the machine is."""
    return f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average before {os.getloadavg()[0]:.1f}."


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
    """The report as Markdown, and the tables' charts in a folder beside it. What it had of other figures stays: parts can be run apart."""
    head = (
        "# Benchmarks\n\nMade by `make bench` and `python -m tests.bench headline`. Each figure stands beside its peer in the "
        "same run; values are medians of interleaved runs, with the least and the most in brackets. "
        "Judge by the ratios: the absolute numbers are this machine's.\n\n"
        f"{about}\n"
    )
    for name, drawn in ((name, drawn) for table in tables for name, drawn in table.charts.items()):
        file = path.parent / "charts" / f"{name}.svg"
        file.parent.mkdir(exist_ok=True)
        file.write_text(drawn)
    sections = _sections(path) | {table.title: table.markdown() for table in tables}
    path.write_text(head + "\n" + "\n".join(sections.values()))


def _sections(report: Path) -> dict[str, str]:
    """What a report has, by title."""
    texts = report.read_text().split("\n## ")[1:] if report.exists() else []
    return {text.partition("\n")[0]: f"## {text.rstrip()}\n" for text in texts}


def put_into(page: Path, table: Table) -> None:
    """Replace the table of a page that stands between the comments `bench` and `/bench`."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = replace(table, charts={}, measured="").markdown().partition("\n\n")[2]
    page.write_text(f"{before}{BEGIN}\n{rows}{END}{after}")


def have_peer(folder: Path) -> None:
    """Install the Node peer's packages where they are missing. Raises `CalledProcessError` when npm can't."""
    if not (folder / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
