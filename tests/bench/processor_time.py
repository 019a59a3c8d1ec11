"""What processes cost: processor seconds and memory, read from /proc (Linux)."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(root: int) -> float:
    """Processor seconds of a process and all it has started, those that have ended included."""
    return sum(_ticks(stat) for stat in _family(root).values()) / TICK


def private_kib(root: int) -> int:
    """Memory that is a process's and its descendants' alone."""
    total = 0
    for pid in _family(root):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))
    return total


def machine_busy_s() -> float:
    """Processor seconds of everything on the machine."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICK


def _family(root: int) -> dict[int, list[str]]:
    """The process and its descendants, each with its fields of /proc/…/stat after the program's name."""
    stats: dict[int, list[str]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(file.parent.name)] = file.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    family, size = {root}, 0
    while size < len(family):
        size = len(family)
        family |= {pid for pid, stat in stats.items() if int(stat[1]) in family}
    return {pid: stats[pid] for pid in family if pid in stats}


def _ticks(stat: list[str]) -> int:
    # User and system time, its own and of the children it has waited for.
    return sum(int(field) for field in stat[11:15])
