"""The package as others install it: one importable name, and everything it needs inside."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

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
    """The wheel of a release: built from its source archive, that from a copy of the source, as building writes beside it."""
    assert (ROOT / "backend/myna/page/index.html").is_file(), "the page is not built: run make build"
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "backend", folder / "source" / "backend", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    command = [sys.executable, "-m", "uv", "build", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder), "."]
    subprocess.run(command, cwd=folder / "source", check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that an account without rights may pass through, as root's Postgres has to."""
    folder = Path(tempfile.mkdtemp(prefix="myna-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def installed(wheel: Path, folder: Path) -> tuple[Path, dict[str, str]]:
    """A Python with the wheel installed, and an environment with this one's libraries and every program of the system but Node's."""
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    programs = folder / "bin"
    programs.mkdir()
    for program in Path("/usr/bin").iterdir():
        if not program.name.startswith(("node", "npm", "npx", "corepack")):
            (programs / program.name).symlink_to(program)
    # Myna itself is not in that folder, as it is installed in place here.
    return python, {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": str(programs)}


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


def test_a_project_with_the_wheel_installed_has_the_fixtures(installed: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    python, environment = installed
    (tmp_path / "test_mine.py").write_text(FIXTURE_TEST)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_wheel_alone_serves_the_page_where_there_is_no_node(installed: tuple[Path, dict[str, str]], folder: Path) -> None:
    python, environment = installed
    assert shutil.which("node", path=environment["PATH"]) is None
    settings = {"CHAT_PORT": "0", "CHAT_DATA_DIR": str(folder / "data")}
    command = [str(python), "-c", "from myna.cli.main import main; main()", "serve"]
    with subprocess.Popen(command, cwd=folder, env={**environment, **settings}, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
            with urlopen(url) as answer:  # noqa: S310 (our own process)
                page = answer.read().decode()
            (script,) = re.findall(r'<script type="module"[^>]* src="([^"]+)"', page)
            with urlopen(url + script) as answer:  # noqa: S310
                assert answer.headers["Content-Type"].startswith("text/javascript")
        finally:
            process.terminate()
