"""The package as others install it: one importable name, and everything it needs inside."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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
