"""The list of what attackers try names tests and attacks that exist."""

import ast
import re
from pathlib import Path

from tests.attacks.attacks import TABLE

ROOT = Path(__file__).parents[2]
LIST = (ROOT / "tests/attacks/README.md").read_text()


def test_every_test_in_the_list_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in re.findall(r"`(tests/[\w/.]+)::(\w+)`", LIST)
        if not any(getattr(node, "name", "") == name for node in ast.walk(ast.parse((ROOT / file).read_text())))
    ]
    assert missing == []


def test_every_attack_is_in_the_list_and_no_other() -> None:
    cells = [row.split("|")[2].strip() for row in LIST.splitlines() if "::" in row]
    named = {name for cell in cells if cell for name in cell.split(", ")}
    assert named == {name for name, attack in TABLE.items() if not attack.everything}
