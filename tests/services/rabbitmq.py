"""A private RabbitMQ node: its own name, ports, folders and name service, all on the loopback interface."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.services.http import HttpClient
from tests.services.processes import ProcessGroup, free_ports, until

# Where `unpack_rabbitmq` has put another release than the system's.
ROOT = Path(os.environ.get("TEST_RABBITMQ") or "/")
# Debian's programs in the PATH are wrappers that insist on an account; these are the programs themselves.
BINARIES = ROOT / "usr/lib/rabbitmq/bin"
BOOT_S = 90  # it takes 6 s on two idle cores
LOGIN = ("guest", "guest")

CONFIGURATION = """
listeners.tcp.local = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
collect_statistics_interval = 1000
disk_free_limit.absolute = 50MB
log.file.level = info
"""


class RabbitNode:
    """One node. It keeps its data from `start` to `start`, also over `kill`, until `stop` ends it for good."""

    def __init__(self, first: "RabbitNode | None" = None) -> None:
        """`first` is the first member of its cluster, whose name service it uses."""
        self.folder = Path(tempfile.mkdtemp(prefix="myna-rabbit-"))
        self.amqp_port, self.management_port, distribution_port, epmd_port = free_ports(4)
        self.name = f"myna-{os.getpid()}-{self.amqp_port}@localhost"
        self._node: ProcessGroup | None = None
        self._epmd: ProcessGroup | None = None
        self._first = first
        self._epmd_port: int = first._epmd_port if first else epmd_port
        self._app_stopped = self._alarm_raised = False
        self._environment = {
            "PATH": f"{ROOT / 'usr/lib/erlang/bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),  # where Erlang keeps its cookie
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            # By default its schedulers spin before they sleep; several nodes share these cores with all that is tested.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
            "RUNNING_UNDER_SYSTEMD": "1",  # makes the script become the server rather than its parent
        }
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(amqp=self.amqp_port, management=self.management_port))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")

    def url(self, vhost: str = "/") -> str:
        """The AMQP URL of a virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.amqp_port}/{quote(vhost, safe='')}"

    @property
    def running(self) -> bool:
        return self._node is not None and self._node.running

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._node
        return self._node.pid

    async def start(self) -> None:
        """Boot the node, on the data it had before if any, and wait until it takes connections and management answers."""
        if self._epmd is None and self._first is None:
            self._epmd = self._group(["epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)])
            await until(self._epmd_listens, BOOT_S, "epmd")
        self._app_stopped = self._alarm_raised = False  # a boot knows neither
        self._node = self._group([str(BINARIES / "rabbitmq-server")])
        try:
            await until(self.serves, BOOT_S, f"the start of RabbitMQ (see {self.folder / 'output'})")
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{(self.folder / 'output').read_text()[-3000:]}") from error

    async def stop(self) -> None:
        """End the node and its name service, and remove their folder."""
        for group in (self._node, self._epmd):
            if group is not None and group.running:
                group.signal(signal.SIGKILL)
                await group.ended(30)
        self._node = self._epmd = None
        await asyncio.to_thread(shutil.rmtree, self.folder)

    async def terminate(self) -> None:
        """SIGTERM, and wait for the end: it hands on what it leads, and closes its clients' connections."""
        assert self._node
        self._node.signal(signal.SIGTERM)
        await self._node.ended(BOOT_S)

    async def kill(self) -> None:
        """kill -9, and wait until the process is gone. `start` brings the node back."""
        assert self._node
        self._node.signal(signal.SIGKILL)
        await self._node.ended(30)

    def freeze(self) -> None:
        """Stop the process where it stands (SIGSTOP): connections stay open and nobody answers."""
        assert self._node
        self._node.freeze()

    def thaw(self) -> None:
        """Let a frozen process go on."""
        assert self._node
        self._node.signal(signal.SIGCONT)

    async def stop_app(self) -> None:
        """Take the broker down inside a process that goes on; clients are disconnected in an orderly way."""
        self._app_stopped = True
        await self.ctl("stop_app")

    async def start_app(self) -> None:
        """Bring the broker up again after `stop_app`, and wait until it serves."""
        await self.ctl("start_app")
        await until(self.serves, BOOT_S, "RabbitMQ after start_app")
        self._app_stopped = False

    async def raise_memory_alarm(self) -> None:
        """Make the node block every connection that publishes."""
        self._alarm_raised = True
        await self.ctl("set_vm_memory_high_watermark", "absolute", "1")
        await until(self._memory_alarm, 30, "the memory alarm")

    async def clear_memory_alarm(self) -> None:
        """Undo `raise_memory_alarm`."""
        await self.ctl("set_vm_memory_high_watermark", "0.4")
        self._alarm_raised = False

    async def heal(self) -> None:
        """Whatever a test did to the node: running again, thawed, its broker up, without an alarm."""
        if not self.running:
            await self.start()
        self.thaw()
        if self._app_stopped:
            await self.start_app()
        if self._alarm_raised:
            await self.clear_memory_alarm()

    async def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` and return what it printed. Raises `RuntimeError` with what it complained about. Takes 1 to 2 s."""
        command = await asyncio.create_subprocess_exec(
            str(BINARIES / "rabbitmqctl"),
            "--quiet",
            *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await command.communicate()
        if command.returncode != 0:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {output.decode()}")
        return output.decode()

    async def sync_declarations(self) -> None:
        """Have what was declared on disk: 3.10 forgets a queue that was declared some seconds before a kill, with what is in it."""
        await self.ctl("eval", "mnesia:sync_log().")

    async def make_vhost(self, name: str) -> str:
        """Make a virtual host and return its AMQP URL."""
        await self.manage("PUT", f"vhosts/{quote(name, safe='')}")
        return self.url(name)

    async def drop_vhost(self, name: str) -> None:
        """Delete a virtual host with everything in it."""
        await self.manage("DELETE", f"vhosts/{quote(name, safe='')}")

    async def delete_queue(self, vhost: str, queue: str) -> None:
        """Delete a queue or stream the way an operator does, consumers or not."""
        await self.manage("DELETE", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}")

    async def purge_queue(self, vhost: str, queue: str) -> None:
        """Drop the messages of a queue that wait for a consumer."""
        await self.manage("DELETE", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}/contents")

    async def manage(self, method: str, path: str, body: object = None) -> Any:
        """Ask the management API and return the answer's JSON, if it has any. Raises `httpx.HTTPStatusError` on a refusal."""
        async with HttpClient(auth=LOGIN, timeout=60) as client:
            answer = await client.request(method, f"http://127.0.0.1:{self.management_port}/api/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _group(self, command: list[str]) -> ProcessGroup:
        return ProcessGroup(command, self._environment, self.folder / "output", self.folder)

    async def _epmd_listens(self) -> bool:
        return _listens(self._epmd_port)

    async def serves(self) -> bool:
        """Whether it takes connections and management answers; raises `RuntimeError` when its process has ended."""
        if not self.running:
            raise RuntimeError(f"RabbitMQ ended: {(self.folder / 'output').read_text()[-3000:]}")
        try:
            await self.manage("GET", "overview")
        except httpx.HTTPError:
            return False
        return _listens(self.amqp_port)

    async def _memory_alarm(self) -> bool:
        return "memory" in await self.ctl("eval", "rabbit_alarm:get_alarms().")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
