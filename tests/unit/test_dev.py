"""`make dev`: what is saved runs, and what was running is told to drain first."""

import sys
import time
from pathlib import Path

import pytest

from tests.dev import Restarting

PROGRAM = """
import pathlib, signal, sys, time
log = pathlib.Path(sys.argv[1])
def drain(*_):
    log.open("a").write("drained\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, drain)
log.open("a").write("started\\n")
time.sleep(30)
"""


def wait_for(log: Path, lines: list[str]) -> None:
    end = time.monotonic() + 20
    while not log.exists() or log.read_text().splitlines() != lines:
        assert time.monotonic() < end, log.read_text() if log.exists() else "nothing"
        time.sleep(0.02)


def test_a_save_drains_the_program_and_starts_it_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, log = tmp_path / "source", tmp_path / "log"
    source.mkdir()
    (source / "module.py").write_text("x = 1\n")
    program = Restarting([sys.executable, "-c", PROGRAM, str(log)], source)
    try:
        wait_for(log, ["started"])
        assert not program.look()
        (source / "module.py").write_text("x = 22\n")
        assert program.look()
        wait_for(log, ["started", "drained", "started"])
        (source / "notes.txt").write_text("no source")
        assert not program.look()
        (source / "new.yaml").write_text("a: 1\n")
        assert program.look()
    finally:
        program.stop()
    assert "── module.py changed\n── new.yaml changed\n" in capsys.readouterr().out


def test_a_program_that_ended_by_itself_runs_again_after_the_next_save(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("syntax error\n")
    program = Restarting([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
    assert program.process.wait(20) == 3
    assert not program.look()
    (tmp_path / "module.py").write_text("x = 1\n")
    assert program.look()
    program.stop()
