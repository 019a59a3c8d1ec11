"""What an operator reads at the shell when something is wrong: one sentence, at once, that says what is allowed."""

import os
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from myna.cli import settings_table
from myna.cli.main import COMMANDS, TOPICS, main
from myna.mock_ai import PROFILES
from myna.settings import Settings

ROOT = Path(__file__).parents[3]


def command(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`myna …` with these settings alone, started in this folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    environment |= {"CHAT_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT), **settings}
    told = [sys.executable, "-m", "myna", *arguments]
    return subprocess.run(told, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=90)


@pytest.fixture
def dead_broker() -> str:
    """A URL at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"amqp://myna:hunter2@127.0.0.1:{taken.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("CHAT_AMQP_URL", "amqp://… or amqps://…, several comma-separated"),
        ("CHAT_DATABASE_URL", "postgresql://…"),
        ("CHAT_MANAGEMENT_URL", "http://… or https://…"),
    ],
)
def test_a_url_of_the_wrong_kind_is_refused_in_words(tmp_path: Path, name: str, allowed: str) -> None:
    done = command(tmp_path, "respond", **{name: "ftp://myna"})
    assert done.returncode == 2
    assert done.stderr.endswith(f": it takes {allowed}.\n")


@pytest.mark.parametrize("place", ["xx", "-1", str(2**63)])
def test_a_place_that_tail_does_not_know_is_refused_before_it_connects(tmp_path: Path, dead_broker: str, place: str) -> None:
    done = command(tmp_path, "tail", f"--from={place}", CHAT_AMQP_URL=dead_broker)
    assert done.returncode == 2
    assert "'--from': it takes first, last, next or an offset (a whole number), not" in done.stderr
    assert "broker" not in done.stderr


def test_a_broker_that_is_not_there_is_told_in_one_sentence(tmp_path: Path, dead_broker: str) -> None:
    done = command(tmp_path, "tail", CHAT_AMQP_URL=dead_broker)
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith("myna: The broker at ")
    assert " (CHAT_AMQP_URL) does not answer: " in said
    assert said.endswith(".")
    assert not said.endswith("..")
    assert "hunter2" not in said


def test_a_database_that_is_not_there_is_told_with_its_address_and_no_password(tmp_path: Path) -> None:
    done = command(tmp_path, "migrate", CHAT_DATABASE_URL="postgresql://myna:hunter2@127.0.0.1:9/myna")
    assert done.returncode == 2
    assert done.stderr == "myna: The database cannot be reached (ConnectionRefusedError): CHAT_DATABASE_URL leads to 127.0.0.1:9.\n"


def test_an_address_of_another_kind_is_refused_before_it_is_tried(tmp_path: Path) -> None:
    done = command(tmp_path, "chat", "--url", "ftp://localhost", "hello")
    assert (done.returncode, done.stderr) == (2, "myna: --url takes http://… or https://…, not 'ftp://localhost'.\n")


def test_doctor_names_settings_that_there_are_none_of_and_prints_no_log_lines(tmp_path: Path, dead_broker: str) -> None:
    (tmp_path / ".env").write_text("CHAT_HOTS=127.0.0.1\nCHAT_HOST=127.0.0.1\nRABBITMQ_USER=myna\n")
    done = command(tmp_path, "doctor", CHAT_PROT="8000", CHAT_FAILPOINT="", CHAT_AMQP_URL=dead_broker)
    assert (done.returncode, done.stderr) == (1, "")
    assert "bad   settings: CHAT_HOTS, CHAT_PROT: no such settings; `serve --help` lists those there are.\n" in done.stdout
    assert all(line[:6] in ("ok    ", "bad   ") for line in done.stdout.splitlines())
    assert ".." not in done.stdout


def test_a_responder_warns_once_of_settings_that_there_are_none_of(tmp_path: Path) -> None:
    done = command(tmp_path, "respond", CHAT_PROT="8000", CHAT_FAILPOINT="")
    warned = [line for line in done.stderr.splitlines() if "settings.unknown" in line]
    assert len(warned) == 1
    assert '["CHAT_PROT"]' in warned[0]


def test_a_responders_help_lists_settings_and_profiles(tmp_path: Path) -> None:
    told = command(tmp_path, "respond", "--help").stdout
    assert "CHAT_MOCK_PROFILE" in told
    for name, profile in PROFILES.items():
        assert f"  {name:<11} {profile.about}" in told


def test_help_lists_commands_by_topic_with_examples_and_exit_codes() -> None:
    told = CliRunner().invoke(main, ["--help"], prog_name="myna").output
    assert [topic for topic in TOPICS if f"\n{topic}:\n" not in told] == []
    assert all(f"  {name} " in told for name in COMMANDS)
    assert "130  interrupted" in told
    assert CliRunner().invoke(main, ["--version"], prog_name="myna").output == f"myna {version('myna')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell], prog_name="myna").output
    assert f"_MYNA_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize("arguments", [["chat", "hello", "--url"], ["conform"]], ids=lambda arguments: arguments[0])
def test_a_command_says_that_nobody_is_there_and_exits_with_2(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, [*arguments, "http://127.0.0.1:9"])
    assert done.exit_code == 2
    assert done.stderr.startswith("myna: http://127.0.0.1:9 can't be reached: ")


def test_every_setting_is_listed_once_and_a_responders_help_without_what_only_nodes_read() -> None:
    listed = [line.split()[0] for line in settings_table.table().splitlines() if line.startswith("  CHAT_")]
    assert sorted(listed) == sorted(f"CHAT_{name.upper()}" for name in Settings.model_fields)
    assert "CHAT_MAX_SOCKETS" not in settings_table.table(settings_table.OF_RESPONDERS)
