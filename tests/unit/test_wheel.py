"""The package as others install it: one importable name, and everything it needs inside."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURE_TEST = """
import sys
import myna as installed
import openai

def test_it(myna):
    assert installed.__file__.startswith(sys.prefix)
    myna.rules({"match": {"exact": "ping"}, "reply": {"text": "pong"}})
    myna.fail_next("rate_limited", retry_after_s=0.1)
    client = openai.OpenAI(base_url=myna.base_url, api_key=myna.api_key)
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "ping"}])
    assert reply.choices[0].message.content == "pong"
    assert [call["status"] for call in myna.journal()] == ["failed", "complete"]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the source, as building writes beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "backend", folder / "source" / "backend", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    command = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    subprocess.run(command, cwd=folder / "source", check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_brings_one_importable_package(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"myna"}


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    source = ROOT / "backend" / "myna"
    ours = {f"myna/{path.relative_to(source)}" for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert ours - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_command_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "myna", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert "dead-letters" in done.stdout


def test_the_wheel_tells_pytest_of_its_fixtures(wheel: Path) -> None:
    (name,) = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "[pytest11]\nmyna = myna.testing.pytest_plugin" in zipfile.ZipFile(wheel).read(name).decode()


def test_a_project_with_the_wheel_installed_has_the_fixtures(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_mine.py").write_text(FIXTURE_TEST)
    # The libraries are those of this environment; Myna itself is not in that folder, as it is installed in place here.
    environment = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": os.environ["PATH"]}
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
