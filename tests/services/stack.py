"""Myna's own processes for tests: nodes and responders started for real, killed, frozen and stopped on purpose."""

import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import httpx

from tests.services.forks import ForkedGroup
from tests.services.http import HttpClient
from tests.services.processes import ProcessGroup, free_ports, until

BOOT_S = 60  # about 1 s on two idle cores
SECRET = "a key that only the tests' nodes know"


class Process:
    """One process of ours: a node (`serve`) or a responder (`respond`)."""

    forks = False  # whether it starts as a fork, which skips Python's start and all imports, 2 s of processor time

    def __init__(self, command: list[str], environment: dict[str, str], name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"myna-{name}-"))
        self.log = self.folder / "log"
        self.python = sys.executable
        self._arguments = command if command[0] == "-m" else ["-m", "myna", *command]
        self._environment = {**_clean_environment(), **environment}
        self._group: ProcessGroup | None = None

    async def start(self, **environment: str) -> None:
        """Start (again), with these variables on top for this life only."""
        environment = {**self._environment, **environment}
        if self.forks and self.python == sys.executable:
            self._group = ForkedGroup(self._arguments[2:], environment, self.log, self.folder)
        else:
            self._group = ProcessGroup([self.python, *self._arguments], environment, self.log, self.folder)

    @property
    def running(self) -> bool:
        return self._group is not None and self._group.running

    @property
    def pid(self) -> int:
        assert self._group
        return self._group.pid

    @property
    def exit_code(self) -> int | None:
        assert self._group
        return self._group.exit_code

    def freeze(self) -> None:
        """SIGSTOP."""
        assert self._group
        self._group.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._group
        self._group.signal(signal.SIGCONT)

    async def kill(self) -> None:
        """kill -9, and wait for the end; harmless when it has ended."""
        if self._group is not None and self._group.running:
            self._group.signal(signal.SIGKILL)
        await self.ended(30)

    def terminate(self) -> None:
        """SIGTERM."""
        assert self._group
        self._group.signal(signal.SIGTERM)

    async def ended(self, within_s: float) -> int | None:
        """Wait for the end; the exit code."""
        if self._group is None:
            return None
        await self._group.ended(within_s)
        return self._group.exit_code

    def logged(self, event: str) -> list[dict[str, object]]:
        """The log lines with this event."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [entry for entry in (json.loads(line) for line in lines if line.startswith("{")) if entry["event"] == event]


class Node(Process):
    """A backend node."""

    def __init__(self, environment: dict[str, str], *options: str, name: str = "node") -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(["serve", *options], {**environment, "CHAT_PORT": str(self.port)}, name)

    async def start(self, **environment: str) -> None:
        """Start and wait until it is ready."""
        await super().start(**environment)
        await self.ready()

    async def ready(self, within_s: float = BOOT_S) -> None:
        """Wait for 200 from /readyz; a process that ended instead is reported with what it said."""
        try:
            await until(self._is_ready, within_s, f"{self.name} ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.log.read_text()[-3000:]}") from error

    async def _is_ready(self) -> bool:
        if not self.running:
            raise RuntimeError(f"{self.name} ended: {self.log.read_text()[-3000:]}")
        return (await self.readyz())[0] == 200

    async def readyz(self) -> tuple[int, dict[str, str]]:
        """Status and checks of /readyz; (0, {}) when nobody answers."""
        try:
            async with HttpClient(timeout=5) as client:
                answer = await client.get(f"{self.url}/readyz")
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()["checks"]


class Stack:
    """Nodes and responders over one broker and one database."""

    forks = False  # whether those that are added start as forks

    def __init__(self, amqp_url: str, database_url: str, **environment: str) -> None:
        self.environment = {
            "CHAT_AMQP_URL": amqp_url,
            "CHAT_DATABASE_URL": database_url,
            "CHAT_SECRET_KEY": SECRET,
            "CHAT_LOG_FORMAT": "json",
            "CHAT_MOCK_PROFILE": "instant",
            **environment,
        }
        self.nodes: list[Node] = []
        self.responders: list[Process] = []

    async def add_node(self, **environment: str) -> Node:
        """One more node, ready."""
        node = Node(self.environment, name=f"node-{len(self.nodes) + 1}")
        node.forks = self.forks
        self.nodes.append(node)
        await node.start(**environment)
        return node

    async def add_responder(self, **environment: str) -> Process:
        """One more responder."""
        responder = Process(["respond"], self.environment, f"responder-{len(self.responders) + 1}")
        responder.forks = self.forks
        self.responders.append(responder)
        await responder.start(**environment)
        return responder

    async def stop(self) -> None:
        """Kill everything that still runs."""
        for process in [*self.nodes, *self.responders]:
            if process.running:
                process.thaw()
            await process.kill()
            shutil.rmtree(process.folder, ignore_errors=True)


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
