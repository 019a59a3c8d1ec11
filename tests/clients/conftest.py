"""One node for all clients, and a key of its own for each test."""

import functools
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.clients.adapters import Endpoint

ROOT = Path(__file__).parents[2]
NODE = [str(ROOT / ".venv" / "bin" / "python"), "-m", "tests.clients.served_node"]
# Every client that is made reads the certificates of this machine, 0.1 s each time, and none of them needs any.
ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]
# Nothing here looks for a proxy, whatever the machine is set to.
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client looks for anything but the node: no telemetry, no table of prices."""
    look_up = socket.getaddrinfo

    def only_here(host: Any, *place: Any, **how: Any) -> Any:
        assert host in ("127.0.0.1", "localhost", None), f"a client looks for {host}"
        return look_up(host, *place, **how)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.fixture(scope="session")
def node_url() -> Iterator[str]:
    """Where the node listens."""
    for name in [name for name in os.environ if name.lower() in PROXIES]:
        del os.environ[name]
    with subprocess.Popen(NODE, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        yield node.stdout.readline().strip()
        node.stdin.close()


class Mock(Endpoint):
    """The endpoint of one test: nobody else has its key, so nobody meets its rules and failures."""

    async def fails_next(self, code: str, times: int = 1) -> None:
        """Let the next requests fail."""
        await self._call("POST", "/api/mock/failures", {"code": code, "times": times})

    async def journal(self) -> list[dict[str, Any]]:
        """What was asked and answered, oldest first."""
        items: list[dict[str, Any]] = (await self._call("GET", "/api/mock/journal"))["items"]
        return items

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self.key}"}) as http:
            answer = await http.request(method, self.url.removesuffix("/v1") + path, json=body)
            return answer.raise_for_status().json()


@pytest.fixture
def mock(node_url: str) -> Mock:
    """A key that nobody else has."""
    return Mock(f"{node_url}/v1", f"sk-{uuid4().hex}")
