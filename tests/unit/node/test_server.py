"""How a node names itself to the people who start it."""

import socket

import pytest

from myna.node.server import address, bind
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
