"""A process dies at the failpoint that a test chose, and every failpoint is documented."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from myna.pipeline import failpoints

SOURCE = Path(failpoints.__file__).parents[1]
PASS_TWICE = "from myna.pipeline.failpoints import failpoint\nfor _ in range(2):\n    failpoint('reply.part')\nprint('alive')"


def passed_in_the_source() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {ast.literal_eval(call.args[0]) for call in calls if isinstance(call.func, ast.Name) and call.func.id == "failpoint"}


def test_the_table_lists_exactly_the_failpoints_that_the_code_passes() -> None:
    assert passed_in_the_source() == failpoints.FAILPOINTS.keys()


@pytest.mark.parametrize(
    ("chosen", "code"), [("", 0), ("reply.part", 137), ("reply.part:2", 137), ("reply.part:3", 0), ("reply.started", 0)]
)
def test_a_process_dies_at_the_chosen_passing_and_nowhere_else(chosen: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PASS_TWICE], env={"CHAT_FAILPOINT": chosen, "PYTHONPATH": str(SOURCE.parent)}, capture_output=True
    )
    assert done.returncode == code, done.stderr
    assert (b"alive" in done.stdout) == (code == 0)


@pytest.mark.parametrize("wrong", ["reply.parts", "reply.part:x", ":2"])
def test_an_unknown_failpoint_is_refused_with_those_that_exist(wrong: str) -> None:
    with pytest.raises(ValueError, match="takes name or name:n, with a name of accepted"):
        failpoints.choose(wrong)
