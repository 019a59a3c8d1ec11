"""How a node names itself to the people who start it."""

import socket
from pathlib import Path
from typing import Any

import pytest

from myna.node.banner import banner
from myna.node.listener import bind, reserve
from myna.node.server import address
from myna.protocol.errors import StartupError
from myna.settings import Settings


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "http://localhost:5055"),
        ("0.0.0.0", "http://localhost:5055"),  # noqa: S104 - nothing is bound to it
        ("::1", "http://localhost:5055"),
        ("::", "http://localhost:5055"),
        ("192.168.1.7", "http://192.168.1.7:5055"),
        ("fd00::7", "http://[fd00::7]:5055"),
    ],
)
def test_the_address_that_people_are_told_is_one_they_can_open(host: str, told: str) -> None:
    assert address(host, 5055) == told


def test_whoever_connects_before_the_node_serves_waits_instead_of_being_refused() -> None:
    listener = bind(Settings(_env_file=None, port=0))
    try:
        with socket.create_connection(listener.getsockname()[:2], timeout=5):
            pass
    finally:
        listener.close()


def test_a_terminal_is_told_what_runs_and_how_to_stop_it_and_a_program_reads_one_line(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    told = banner(settings, "http://localhost:5055", terminal=True, responder=True)
    assert told.startswith("Myna is on http://localhost:5055\n  broker    embedded, its journal in " + str(tmp_path))
    assert "mock AI, profile normal" in told
    assert "this machine only" in told
    assert "Ctrl+C" in told
    assert banner(settings, "http://localhost:5055", terminal=False, responder=True) == "Myna is on http://localhost:5055\n"


def test_the_banner_holds_no_password() -> None:
    urls: dict[str, Any] = {"amqp_url": "amqp://myna:hunter2@broker/", "database_url": "postgresql://myna:hunter2@base/myna"}
    told = banner(Settings(_env_file=None, host="0.0.0.0", **urls), "http://localhost:5055", terminal=True, responder=False)  # noqa: S104
    assert "whoever reaches 0.0.0.0" in told
    assert "hunter2" not in told


def test_a_port_is_shared_with_those_it_is_reserved_for_and_with_nobody_else() -> None:
    with reserve(Settings(_env_file=None, port=0)) as reserved:
        settings = Settings(_env_file=None, port=reserved.getsockname()[1])
        with bind(settings, shared=True), bind(settings, shared=True), pytest.raises(StartupError, match="is taken by another process"):
            reserve(settings)
