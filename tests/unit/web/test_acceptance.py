"""The list of what the page does names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
LIST = (ROOT / "front" / "ACCEPTANCE.md").read_text()
JOURNEYS = {file.stem: file.read_text() for file in (ROOT / "tests" / "browser").glob("test_*.py")}
NAMED = re.compile(r"`(test_\w+|…)(?:::(test_\w+))?`")


def missing() -> list[str]:
    """The named files and tests that there are not; `…` is the file named last in the same row."""
    found = []
    for row in LIST.splitlines():
        file = ""
        for named, test in NAMED.findall(row):
            file = file if named == "…" else named
            if file not in JOURNEYS or (test and f"def {test}(" not in JOURNEYS[file]):
                found.append(f"{file}::{test}")
    return found


def test_every_journey_that_is_named_exists() -> None:
    assert LIST.count("| `test_") + LIST.count("`…::test_") > 30, "the list was not understood"
    assert missing() == []


def test_each_of_the_thirty_items_has_a_test() -> None:
    numbers = [int(number) for number, proof in re.findall(r"^\| (\d+) \|.*\|(.*)\|$", LIST, re.MULTILINE) if "`" in proof]
    assert numbers == list(range(1, 31))
