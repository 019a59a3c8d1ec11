"""The node that these tests share is ready when they get it."""

import socket
from urllib.parse import urlsplit

from tests.unit.api.conftest import serving


async def test_a_node_listens_as_soon_as_a_test_has_it() -> None:
    async with serving() as served:
        address = urlsplit(served.url)
        assert address.hostname
        assert address.port
        socket.create_connection((address.hostname, address.port), timeout=5).close()  # without giving the node a turn first
