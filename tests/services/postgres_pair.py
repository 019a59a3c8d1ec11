"""A Postgres primary and its standby, behind one address that can be pointed at either, as a failover does it."""

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

import asyncpg

from myna.embedded_postgres.host import choose_account, find_binaries
from tests.faults.proxy import Proxy
from tests.services.processes import ProcessGroup, Program, free_ports, open_folder, until

START_S = 60  # for initdb, a copy and a start
# Small; and safe without waiting for the disk, as no machine is switched off here.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "fsync": "off",
    "wal_level": "replica",
}


class _Server(ProcessGroup):
    """A process of the account that Postgres runs as."""

    def _start(self, command: list[str], environment: dict[str, str], log: Path) -> Program:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **choose_account().switch,
            )


class PostgresPair:
    """`primary` and `standby` are names of the two servers until the standby is promoted, and afterwards too."""

    def __init__(self, *, synchronous: bool) -> None:
        """`synchronous`: a commit waits until the standby has it."""
        self.folder = open_folder("myna-pair-")
        self._synchronous = synchronous
        self._account = choose_account()
        os.chown(self.folder, self._account.uid, self._account.gid)
        self._binaries, _ = find_binaries(self.folder, self._account)
        self._ports = dict(zip(("primary", "standby"), free_ports(2), strict=True))
        self._servers: dict[str, _Server] = {}
        self._address = Proxy(self._ports["primary"])
        self._replication = Proxy(self._ports["primary"])

    async def __aenter__(self) -> "PostgresPair":
        await self._address.__aenter__()
        await self._replication.__aenter__()
        await self._run("initdb", "-D", "primary", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        await self._start("primary")
        source = f"host=127.0.0.1 port={self._replication.port} user=postgres"
        await self._run("pg_basebackup", "-D", "standby", "-d", source, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        await self._start("standby")
        await until(self._replicates, START_S, "a standby that follows")
        if self._synchronous:
            await self.query("primary", "ALTER SYSTEM SET synchronous_standby_names = '*'")
            await self.query("primary", "SELECT pg_reload_conf()")
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.signal(signal.SIGKILL)
            await server.ended(30)
        await self._replication.__aexit__(None, None, None)
        await self._address.__aexit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The URL by the one address."""
        return f"postgresql://postgres@127.0.0.1:{self._address.port}/{database}"

    async def query(self, server: str, statement: str) -> object:
        """The first value that a statement gives on one of the two, past the address."""
        connection = await asyncpg.connect(f"postgresql://postgres@127.0.0.1:{self._ports[server]}/postgres")
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    def hold_back(self) -> None:
        """Let nothing more reach the standby: what is committed from now on it does not have."""
        self._replication.stall("down")

    async def kill_primary(self) -> None:
        """kill -9 to all its processes; what was held back is lost with it."""
        self._servers["primary"].signal(signal.SIGKILL)
        await self._servers["primary"].ended(30)
        await self._replication.__aexit__(None, None, None)

    def point_at_standby(self) -> None:
        """From now on the address leads to the standby, which takes no writes yet."""
        self._address.target = self._ports["standby"]

    async def promote(self) -> None:
        """Make the standby a primary, and wait until it is one."""
        await self.query("standby", "SELECT pg_promote()")

    async def _replicates(self) -> bool:
        return await self.query("primary", "SELECT state FROM pg_stat_replication") == "streaming"

    async def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **self._account.switch
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"{program}: {output.decode()}")

    async def _start(self, server: str) -> None:
        options = [part for name, value in (OPTIONS | {"port": str(self._ports[server])}).items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / server), *options]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        log = self.folder / f"{server}.log"
        self._servers[server] = _Server(command, environment, log, self.folder)

        async def answers() -> bool:
            try:
                await self.query(server, "SELECT 1")
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        try:
            await until(answers, START_S, f"the start of the {server}")
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{Path(log).read_text()[-3000:]}") from error
