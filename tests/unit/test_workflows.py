"""The workflows and the developer's tools call make targets that there are."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^([a-z][\w./-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {".venv/dev", "front/node_modules/ready"}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_make_targets_that_there_are_and_may_read_only(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    named = [command.removeprefix("make ").split()[0] for command in commands if command.startswith("make ")]
    assert named
    assert set(named) <= TARGETS
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_uses_of_others_is_named_by_its_commit(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)(.*)", path.read_text())
    assert uses
    assert [name for name, note in uses if not re.search(r"@[0-9a-f]{40}$", name) or not re.fullmatch(r" # v[\d.]+", note)] == []


def test_every_supported_python_and_both_brokers_are_tested() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert [entry["python"] for entry in matrix] == ["3.11", "3.12", "3.13", "3.14"]
    assert {entry["rabbitmq"] for entry in matrix} == {"3.10", "4.0"}


def test_hooks_and_the_dev_container_name_what_there_is() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    made = re.search(r"make (\S+ \S+)(?: &&|$)", container["postCreateCommand"].partition("npm && ")[2])
    assert made is not None
    assert set(made[1].split()) <= TARGETS
    assert {hook["entry"].removeprefix("make ") for hook in hooks if hook["entry"].startswith("make ")} <= TARGETS
