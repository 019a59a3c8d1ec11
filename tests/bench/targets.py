"""What is measured: Myna as real processes, the Node peer, and the bare limits. Each has a URL and processes whose clocks can be read."""

import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from myna.store.postgres.migrations import migrate
from tests.services.chat_client import ChatClient
from tests.services.postgres import PostgresServer
from tests.services.processes import ProcessGroup, free_ports, until
from tests.services.rabbitmq import RabbitNode
from tests.services.stack import Stack

PEER = Path(__file__).parent / "peer"


@dataclass(frozen=True)
class Target:
    """Something to put load on: its name in the tables, the URLs of its nodes, and its own processes by name."""

    name: str
    urls: tuple[str, ...]
    processes: dict[str, int]  # process ids
    stack: Stack | None = None

    @property
    def url(self) -> str:
        return self.urls[0]


@dataclass
class Services:
    """The private RabbitMQ and Postgres that all targets share, each target in a virtual host and a database of its own."""

    rabbit: RabbitNode = field(default_factory=RabbitNode)
    postgres: PostgresServer = field(default_factory=PostgresServer)

    @property
    def processes(self) -> dict[str, int]:
        """Process ids by name."""
        postmaster = (self.postgres.folder / "data" / "cluster" / "postmaster.pid").read_text().split()[0]
        return {"rabbitmq": self.rabbit.pid, "postgres": int(postmaster)}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Services"]:
        """Start both; end and remove them afterwards."""
        try:
            await self.rabbit.start()
            await self.postgres.start()
            yield self
        finally:
            await self.rabbit.stop()
            await self.postgres.remove()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[tuple[str, str]]:
        """A fresh virtual host's AMQP URL and a fresh database's name."""
        vhost, database = f"bench-{uuid4().hex}", await self.postgres.make_database()
        amqp_url = await self.rabbit.make_vhost(vhost)
        try:
            yield amqp_url, database
        finally:
            await self.rabbit.drop_vhost(vhost)
            await self.postgres.drop_database(database)


@asynccontextmanager
async def myna(
    services: Services, *, name: str = "Myna", nodes: int = 1, responders: int = 1, database: str | None = None, **environment: str
) -> AsyncIterator[Target]:
    """Nodes and responders with everything on. Only the limits of one client are raised: one socket stands for many people here."""
    async with services.place() as (amqp_url, fresh):
        database_url = services.postgres.url(database or fresh)
        await migrate(database_url)
        environment = {
            "CHAT_UNLIMITED_NETWORKS": "127.0.0.0/8",
            "CHAT_RATE_PER_S": "1000000",
            "CHAT_RATE_BURST": "1000000",
            "CHAT_LOG_FORMAT": "json",
            **environment,
        }
        stack = Stack(amqp_url, database_url, **environment)
        try:
            processes = {}
            for number in range(1, nodes + 1):
                processes["node" if nodes == 1 else f"node {number}"] = (await stack.add_node()).pid
            for number in range(1, responders + 1):
                processes["responder" if responders == 1 else f"responder {number}"] = (await stack.add_responder()).pid
            if nodes and responders:
                await _answers(stack)
            yield Target(name, tuple(node.url for node in stack.nodes), processes, stack=stack)
        finally:
            await stack.stop()


async def _answers(stack: Stack) -> None:
    """Return when the responders are at work: a node says itself that it is ready, they don't."""
    client = ChatClient()
    await client.open(stack.nodes[0].url)
    for _ in range(20 * len(stack.responders)):
        await client.end_of((await client.send("hello"))["id"])
    await client.close()


@asynccontextmanager
async def program(name: str, command: list[str], port: int, **environment: str) -> AsyncIterator[Target]:
    """A program that prints `listening` when it listens."""
    folder = Path(tempfile.mkdtemp(prefix="myna-bench-"))
    log = folder / "log"
    group = ProcessGroup(command, {**os.environ, "PORT": str(port), **environment}, log, folder)

    async def listens() -> bool:
        said = log.read_text()
        if not group.running:
            raise RuntimeError(f"{name} ended: {said[-3000:]}")
        return "listening" in said

    try:
        await until(listens, 30, f"{name} listening")
        yield Target(name, (f"http://127.0.0.1:{port}",), {name: group.pid})
    finally:
        group.signal(signal.SIGKILL)
        await group.ended(30)


@asynccontextmanager
async def peer(
    services: Services, name: str, *, confirms: bool, stores: bool, inserts: str = "together", batches: bool = False
) -> AsyncIterator[Target]:
    """The Node peer. `inserts`: waiting rows `together`, or `each` in a statement of its own over a pool of connections.

    `batches`: what waits to be published or written to a socket goes together.
    """
    async with services.place() as (amqp_url, database):
        environment = {"AMQP_URL": amqp_url, "CONFIRMS": "1" if confirms else "", "INSERTS": inserts}
        environment |= {"BATCHES": "1" if batches else "", "NODE_ENV": "production"}
        if stores:
            environment["DATABASE_URL"] = services.postgres.url(database)
        async with program(name, ["node", str(PEER / "server.mjs")], free_ports(1)[0], **environment) as target:
            yield target


@asynccontextmanager
async def bare(kind: str, *arguments: str) -> AsyncIterator[Target]:
    """One of the bare servers of limits.py: Quart on Hypercorn and nothing else."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.limits", kind, str(port), *arguments]
    async with program(f"bare {kind}", command, port) as target:
        yield target
