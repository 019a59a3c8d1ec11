"""Runs the checks and the tests one after the other, all of them whatever fails, and ends with a line for each and a sum.

A check counts as one test. Usage: python tests/run.py check|test [check|test]
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
REPORT = "{report}"


@dataclass
class Step:
    """One command and how it went. A command that holds REPORT writes its tests there, as JUnit XML."""

    name: str
    command: list[str]
    folder: Path = ROOT
    passed: int = 0
    failed: int = 0
    seconds: float = field(default=0, compare=False)

    def run(self) -> None:
        print(f"\n── {self.name}", flush=True)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [word.replace(REPORT, str(report)) for word in self.command]
            code = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, check=False).returncode
            if report.exists():
                self._count(report)
            elif code == 0:
                self.passed = 1
        if code != 0 and self.failed == 0:  # it failed outside any test: no test at all, a crash, a check that says no
            self.failed = 1
        self.seconds = time.monotonic() - begun

    def _count(self, report: Path) -> None:
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 (written a moment ago by our own runner)
        self.failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
        self.passed = len(cases) - self.failed

    def line(self) -> str:
        return f"{self.name:<20}{self.passed:>6} passed{self.failed:>5} failed{self.seconds:>8.1f} s"


def checks() -> list[Step]:
    python, front = sys.executable, ROOT / "front"
    return [
        Step("ruff", [python, "-m", "ruff", "check", "."]),
        Step("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        Step("mypy --strict", [python, "-m", "mypy"]),
        Step("biome", ["npm", "run", "--silent", "check"], front),
        Step("tsc", ["npm", "run", "--silent", "typecheck"], front),
    ]


def tests() -> list[Step]:
    pytest = [sys.executable, "-m", "pytest", f"--junitxml={REPORT}"]
    vitest = ["npx", "--no-install", "vitest", "run", "--reporter=default", "--reporter=junit", f"--outputFile.junit={REPORT}"]
    faults = [*pytest, "tests/faults", "tests/soak"]
    steps = [Step("vitest", vitest, ROOT / "front"), Step("pytest", pytest), Step("pytest, faults", faults)]
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        steps.append(Step("pytest, compose", [*pytest, "tests/compose"]))
    else:
        print("No container engine answers here, so docker-compose.yml is not run: 'make compose-test' does it elsewhere.")
    return steps


def main(wanted: list[str]) -> int:
    os.chdir(ROOT)
    steps = [step for group in wanted for step in {"check": checks, "test": tests}[group]()]
    for step in steps:
        step.run()
    print("\n" + "\n".join(step.line() for step in steps) + "\n")
    failed = sum(step.failed for step in steps)
    print(f"{sum(step.passed for step in steps)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
