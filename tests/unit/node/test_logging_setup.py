"""Which lines a process writes, and how they look, by settings and by whether somebody reads them on a terminal."""

import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from myna.node import logging_setup


@pytest.fixture(autouse=True)
def kept_configuration() -> Iterator[None]:
    before = {**structlog.get_config(), "processors": list(structlog.get_config()["processors"])}
    yield
    structlog.configure(**before)


def written(capsys: pytest.CaptureFixture[str], form: logging_setup.Form, level: logging_setup.Level) -> list[str]:
    """What of one line on each level is written."""
    logging_setup.configure(form, level)
    log = structlog.get_logger()
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)(f"at.{name}", text="a\nb\x1b[31m")
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("terminal", "level", "lines"),
    [(True, "auto", 2), (False, "auto", 3), (True, "debug", 4), (False, "error", 1)],
)
def test_the_level_decides_what_is_written_and_the_terminal_what_is_by_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool, level: logging_setup.Level, lines: int
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert len(written(capsys, "json", level)) == lines


def test_a_line_is_one_json_object_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    found = [json.loads(line) for line in written(capsys, "auto", "debug")]
    assert [(line["event"], line["level"]) for line in found] == [(f"at.{name}", name) for name in ("debug", "info", "warning", "error")]
    assert {line["text"] for line in found} == {"a\nb\x1b[31m"}
    assert all(line["timestamp"].endswith("Z") for line in found)
