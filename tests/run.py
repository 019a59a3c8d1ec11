"""Runs the checks and the tests side by side, all of them whatever fails, and ends with a line for each and a sum.

What needs the processor runs beside what mostly waits (for a killed broker to come back, say), and yields to it: the limits in those
tests are times. What measures time runs alone at the end. A check counts as one test. Usage: python tests/run.py check|test|faults …
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import FrameType
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.services import budgets  # noqa: E402 (this file is run as a script)

REPORT, SCRATCH = "{report}", "{scratch}"
# Side by side. No step keeps a core busy all the time: with two and three, the two cores were idle for a third of the run.
WORKING, WAITING = 3, 4
NICENESS = 3  # of what works: it gets a third of a core that somebody with a time limit wants
QUIET = budgets.SLOWNESS  # by which time limits are stretched when a step is alone
SLOWNESS = QUIET * max(1.0, (WORKING + WAITING) / (os.cpu_count() or 1))  # and with all lanes at work
TEST_S = 60  # the longest a single test takes on two idle cores, if it says nothing else

TESTS = ROOT / "tests"
APART = {"bench", "browser", "clients", "compose", "faults", "soak"}  # folders that are not simply run with the others
NAMED = {"unit", "contract", "services", "checker", "simulation"}  # those that share a step or have several
WAITS = {"flow"}
MEASURES_TIME = "tests/browser/test_speed.py"


@dataclass
class Step:
    """One command and how it went. A command that holds REPORT writes its tests there, as JUnit XML; SCRATCH is a folder of its own."""

    name: str
    command: list[str]
    folder: Path = ROOT
    waits: bool = False  # mostly, so that its processor time is somebody else's
    passed: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    seconds: float = field(default=0, init=False)
    cpu_s: float = field(default=0, init=False)  # of every process that was waited for

    def run(self, slowness: float) -> None:
        """Run it to its end, then print what it printed. `slowness` stretches the time limits in tests."""
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            report, output = Path(folder) / "report.xml", Path(folder) / "output"
            command = [word.replace(REPORT, str(report)).replace(SCRATCH, f"{folder}/scratch") for word in self.command]
            environment = {**os.environ, "TEST_SLOWNESS": str(slowness)}
            with output.open("wb") as file:
                process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            RUNNING.append(process)
            if not self.waits:
                os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            RUNNING.remove(process)
            self.seconds, self.cpu_s = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
            self._count(report, process.returncode)
            with PRINTING:
                print(f"\n── {self.name}\n{output.read_text(errors='replace').rstrip()}", flush=True)

    def _count(self, report: Path, code: int) -> None:
        if report.exists():
            cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 (written a moment ago by our own runner)
            self.failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
            self.passed = len(cases) - self.failed
        elif code == 0:
            self.passed = 1
        if code != 0 and self.failed == 0:  # it failed outside any test: no test at all, a crash, a check that says no
            self.failed = 1

    def line(self) -> str:
        return f"{self.name:<32}{self.passed:>6} passed{self.failed:>5} failed{self.seconds:>8.1f} s{self.cpu_s:>8.1f} s of processor"


RUNNING: list[subprocess.Popen[bytes]] = []
PRINTING = Lock()


def checks() -> list[Step]:
    python, front = sys.executable, ROOT / "front"
    return [
        Step("mypy --strict", [python, "-m", "mypy"]),
        Step("ruff", [python, "-m", "ruff", "check", "."]),
        Step("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        Step("hadolint", [str(Path(python).parent / "hadolint"), *map(str, sorted(ROOT.glob("Dockerfile.*")))]),
        Step("biome", ["npm", "run", "--silent", "check"], front),
        Step("tsc", ["npm", "run", "--silent", "typecheck"], front),
    ]


def pytest(*arguments: str, name: str, waits: bool = False) -> Step:
    """These tests, in a process with a broker and a database of its own."""
    command = [sys.executable, "-m", "pytest", "-q", f"--timeout={TEST_S * SLOWNESS}", f"--junitxml={REPORT}", f"--basetemp={SCRATCH}"]
    return Step(name, [*command, *arguments], waits=waits)


def clients() -> list[Step]:
    """Client libraries of others: each language in the environment where they are installed."""
    python, folder = ROOT / ".venv/clients/bin/python", TESTS / "clients"
    command = [str(python), "-m", "pytest", "-q", f"--timeout={TEST_S * SLOWNESS}", f"--junitxml={REPORT}", str(folder)]
    node = ["node", "--test", f"--test-timeout={int(1000 * TEST_S * SLOWNESS)}"]
    node += ["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=junit", f"--test-reporter-destination={REPORT}"]
    return [Step("clients: Python", command), Step("clients: JavaScript", node, folder, waits=True)]


def faults() -> list[Step]:
    """The longest first. Those that harm no broker share one, whose start takes 5 s of processor time; any other file has its own."""
    shared = [TESTS / f"faults/test_{what}_faults.py" for what in ("responder", "socket", "postgres")]
    apart = sorted(set((TESTS / "faults").glob("test_*.py")) - set(shared), key=lambda file: file.stat().st_size, reverse=True)
    return [
        pytest(*map(str, shared), name="faults: responder, socket, DB", waits=True),
        *(pytest(str(file), name=f"faults: {file.stem[5:]}", waits=True) for file in apart),
        pytest("tests/soak", name="soak", waits=True),
    ]


def tests() -> list[Step]:
    """What takes longest first, or it would still run when all others have ended."""
    vitest = ["npx", "--no-install", "vitest", "run", "--reporter=default", "--reporter=junit", f"--outputFile.junit={REPORT}"]
    vitest.append(f"--testTimeout={int(1000 * TEST_S * SLOWNESS)}")
    browser = sorted(set((TESTS / "browser").glob("test_*.py")) - {ROOT / MEASURES_TIME}, key=lambda file: file.stat().st_size)
    brokers = [*sorted((TESTS / "contract").glob("test_broker*.py")), TESTS / "contract" / "rabbitmq"]
    folders = sorted({file.relative_to(TESTS).parts[0] for file in TESTS.glob("*/**/test_*.py")} - APART - NAMED)
    return [
        Step("vitest", vitest, ROOT / "front", waits=True),  # it gives its own workers little time to start
        *(pytest(*map(str, browser[half::2]), name=f"browser, {('one', 'other')[half]} half") for half in (0, 1)),
        pytest("tests/unit", *(f"--ignore=tests/unit/{folder}" for folder in ("api", "mock_ai", "core", "protocol")), name="unit"),
        pytest("tests/unit/api", name="unit: api"),
        pytest("tests/unit/mock_ai", "tests/unit/core", "tests/unit/protocol", name="unit: mock AI, core"),
        pytest(*map(str, brokers), "tests/services", name="contract: broker; services", waits=True),  # on one broker
        *faults(),
        pytest("tests/contract", *(f"--ignore={file}" for file in brokers), name="contract", waits=True),
        *(pytest(f"tests/{folder}", name=folder, waits=folder in WAITS) for folder in folders),
        pytest("tests/simulation", "tests/checker", name="simulation, checker"),
        *clients(),
    ]


def alone() -> list[Step]:
    """What has the machine to itself: what measures time, and what a container engine builds and runs."""
    steps = [pytest(MEASURES_TIME, name="browser, speed")]
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        return [*steps, pytest("tests/compose", name="compose")]
    print("No container engine answers here, so docker-compose.yml is not run: 'make compose-test' does it elsewhere.", flush=True)
    return steps


def side_by_side(steps: list[Step]) -> None:
    """Run all of them, in lanes: each takes the next step of its own kind, and of the other when there is none left."""
    left, taking = list(steps), Lock()

    def lane(waits: bool) -> None:
        while True:
            with taking:
                if not left:
                    return
                step = next((step for step in left if step.waits == waits), left[0])
                left.remove(step)
            step.run(SLOWNESS)

    with ThreadPoolExecutor(WORKING + WAITING) as lanes:
        list(lanes.map(lane, [False] * WORKING + [True] * WAITING))


def stop(_number: int, _frame: FrameType | None) -> None:
    """End with what is running; the services of killed tests end by themselves."""
    for process in RUNNING:
        process.kill()
    os._exit(1)


GROUPS: dict[str, tuple[Callable[[], list[Step]], Callable[[], list[Step]]]] = {
    "check": (checks, list),
    "test": (tests, alone),
    "faults": (faults, list),
}


def main(wanted: list[str]) -> int:
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    steps = [step for group in wanted for step in GROUPS[group][0]()]
    last = [step for group in wanted for step in GROUPS[group][1]()]
    begun = time.monotonic()
    side_by_side(steps)
    for step in last:
        step.run(QUIET)
    steps += last
    print("\n" + "\n".join(step.line() for step in steps) + "\n")
    failed = sum(step.failed for step in steps)
    print(f"Took {time.monotonic() - begun:.1f} s, {sum(step.cpu_s for step in steps):.1f} s of processor.")
    print(f"{sum(step.passed for step in steps)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
