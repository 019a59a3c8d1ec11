"""Compares the locked dependencies with the registries' lists of known vulnerabilities. Where no list can be had, that is what it says.

Ends in 1 when a dependency is known to be vulnerable. Usage: python tests/audit.py
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("embedded.txt", "dev.txt")  # the first is what people run, the second has what tests it too
PIP_AUDIT = ("--format", "json", "--progress-spinner", "off", "--disable-pip", "--require-hashes", "--requirement")


def main() -> int:
    found = [*(audit_python(lock) for lock in LOCKS), audit_page()]
    return 1 if any(found) else 0


def audit_python(lock: str) -> bool:
    """Say what is known of a lock of Python packages; whether that is anything bad."""
    done = run(sys.executable, "-m", "pip_audit", *PIP_AUDIT, str(ROOT / "requirements" / lock))
    return say_python(f"requirements/{lock}", parsed(done))


def audit_page() -> bool:
    """The same of the page's packages."""
    return say_page(parsed(run("npm", "--prefix", str(ROOT / "front"), "audit", "--json")))


def say_python(name: str, report: Any) -> bool:
    """Print what pip-audit reports of a lock."""
    packages = report.get("dependencies", []) if isinstance(report, dict) else []
    looked_up = [one for one in packages if "skip_reason" not in one]
    if not looked_up:
        return say(name, "not audited: no list of vulnerabilities can be had here.")
    bad = [f"{one['name']} {one['version']}: {flaw['id']}" for one in looked_up for flaw in one["vulns"]]
    left = len(packages) - len(looked_up)
    return say(name, f"{len(looked_up)} packages audited" + (f", {left} are on no list." if left else "."), bad)


def say_page(report: Any) -> bool:
    """Print what npm reports of the page's lock."""
    if not isinstance(report, dict) or "vulnerabilities" not in report:
        return say("front/package-lock.json", "not audited: no list of vulnerabilities can be had here.")
    bad = [f"{name}: {flaw['severity']}" for name, flaw in report["vulnerabilities"].items()]
    return say("front/package-lock.json", f"{report['metadata']['dependencies']['total']} packages audited.", bad)


def say(name: str, sentence: str, bad: list[str] | None = None) -> bool:
    """Print a line for a lock and one for each known vulnerability; whether there is any."""
    print("\n".join([f"{name}: {sentence}", *(f"  {one}" for one in bad or ())]))
    return bool(bad)


def run(*command: str) -> str:
    """What a program prints, however it ends."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False, timeout=600).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def parsed(text: str) -> Any:
    """What the JSON in a program's output says; None where there is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
