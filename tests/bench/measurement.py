"""Runs the load generator against a target and reads the clocks around it."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench import processor_time
from tests.bench.targets import Services, Target

LOAD_S = 300  # for one run of the generator besides what it measures: connecting, warming up, stragglers


@dataclass
class Run:
    """What one run of the generator saw, and the processor seconds that went into it, by process."""

    seen: dict[str, Any]
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Turns or parts a second."""
        return float(self.seen.get("turns", self.seen.get("parts", 0))) / float(self.seen["seconds"])

    def cpu_us_each(self) -> dict[str, float]:
        """Microseconds of processor for one turn or part, by process."""
        count = max(1, self.seen.get("turns", self.seen.get("parts", 0)))
        return {name: seconds / count * 1e6 for name, seconds in self.cpu.items()}

    def share(self, name: str) -> float:
        """How much of one core a process used."""
        return self.cpu[name] / self.seconds


async def put_load(
    target: Target, services: Services | None, kind: str, *, at_end: Callable[[], object] | None = None, **options: Any
) -> Run:
    """One run of the load generator against a target; `at_end` is called while its sockets are still there.

    Raises `RuntimeError` with what the generator complained of.
    """
    order = json.dumps({"kind": kind, "urls": target.urls, **options})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.load", order, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    roots = {**target.processes, **(services.processes if services else {}), "load": process.pid}
    try:
        async with asyncio.timeout(LOAD_S + float(options.get("seconds", 0))):
            run = await _watched(process, roots, at_end)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    return run


async def _watched(process: asyncio.subprocess.Process, roots: dict[str, int], at_end: Callable[[], object] | None) -> Run:
    assert process.stdout
    assert process.stderr
    before: dict[str, float] = {}
    run = Run({})
    async for line in process.stdout:
        if line == b"begin\n":
            run.seconds, before = -time.perf_counter(), _clocks(roots)
        elif line == b"end\n":
            after = _clocks(roots)
            run.seconds += time.perf_counter()
            run.cpu = {name: after[name] - before[name] for name in after}
            if at_end is not None:
                at_end()
        else:
            run.seen = json.loads(line)
    complaint = (await process.stderr.read()).decode()
    if await process.wait() or not run.seen:
        raise RuntimeError(f"the load generator: {complaint[-3000:]}")
    return run


def _clocks(roots: dict[str, int]) -> dict[str, float]:
    return {**{name: processor_time.cpu_s(pid) for name, pid in roots.items()}, "machine": processor_time.machine_busy_s()}


@dataclass(frozen=True)
class Figure:
    """Several values of one thing."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def over(self, other: "Figure") -> float:
        """This median over another's."""
        return self.median / other.median if other.median else float("nan")

    def text(self, digits: int = 0) -> str:
        """The median, and in brackets the least and the most."""
        median, least, most = (f"{value:,.{digits}f}" for value in (self.median, min(self.values), max(self.values)))
        return median if len(self.values) == 1 else f"{median} ({least}–{most})"
