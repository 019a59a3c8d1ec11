"""A private Postgres out of the wheel: one server for the run, a fresh database for each test."""

import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg

from myna.embedded_postgres.server import EmbeddedPostgres
from tests.services.processes import open_folder, until


class PostgresServer:
    """The server, through the same code that runs it in the embedded mode. Its databases outlive a stop and a start."""

    def __init__(self) -> None:
        self.folder = open_folder("myna-postgres-")
        self._server = EmbeddedPostgres(self.folder / "data")
        self._url = ""
        self._stopped = True
        self._templates: dict[str, str] = {}

    def url(self, database: str = "postgres") -> str:
        """The URL of a database; it stays the same over restarts."""
        return self._url.replace("@/postgres?", f"@/{database}?")

    async def start(self) -> None:
        """Start the server and wait until it takes connections."""
        self._url = await self._server.start()
        self._stopped = False

    async def stop(self) -> None:
        """Stop the server; connections end at once, databases stay."""
        self._stopped = True
        await self._server.stop()

    async def heal(self) -> None:
        """Start the server again if a test left it stopped."""
        if self._stopped:
            await self.start()

    async def restart(self, *, immediate: bool = False) -> None:
        """Stop and start. `immediate` is a crash: no clean-up, and recovery from the write-ahead log at the start."""
        if immediate:
            pid_file = self.folder / "data" / "cluster" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)

            async def crashed() -> bool:
                return not pid_file.exists()

            await until(crashed, 30, "the end of Postgres")
        await self.stop()
        await self.start()

    async def remove(self) -> None:
        """Stop the server and delete everything."""
        await self.stop()
        shutil.rmtree(self.folder)

    async def make_database(self, prepare: Callable[[str], Awaitable[None]] | None = None) -> str:
        """Make a database and return its name: empty, or a copy of one that `prepare` (given its URL) filled the first time."""
        template = "template1"
        if prepare is not None:
            template = self._templates.get(prepare.__qualname__, "")
            if not template:
                template = await self.make_database()
                await prepare(self.url(template))
                self._templates[prepare.__qualname__] = template
        name = f"test_{uuid4().hex}"
        await self.execute(f"create database {name} template {template} strategy file_copy")
        return name

    async def drop_database(self, name: str) -> None:
        """Delete a database, whoever is connected to it."""
        await self.execute(f"drop database if exists {name} with (force)")

    async def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside any transaction."""
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
