"""What private services share: free ports, waiting for a condition, and an end together with the test run."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

# Waits for the end of a pipe that is held open by the test run, then kills the process group and removes its folder.
REAPER = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; rm -rf "$2"'
_RESERVED: list[socket.socket] = []
STANDS_S = 5.0  # a thread stops within milliseconds, unless it waits for a disk


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports, free on every interface and kept for this process and what it starts until it ends.

    Each stays bound without listening: nobody else is given it, as a server's port or as the near end of a connection, while a server that
    sets SO_REUSEADDR (all that we start do) can listen on it, again and again. On every interface, because some servers try that first: a
    port is not free for them while a connection from another address of this machine has it.
    """
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("", 0))
    _RESERVED.extend(sockets)
    return [int(one.getsockname()[1]) for one in sockets]


def open_folder(prefix: str) -> Path:
    """A fresh folder that every account may enter. pytest's own are closed to all but us, while a server we start as root is not root."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    return folder


async def until(condition: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    """Wait until `condition` holds; raises `TimeoutError`, which says `what` was waited for, after `within_s` seconds."""
    end = time.monotonic() + within_s
    while not await condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come true within {within_s} s")
        await asyncio.sleep(0.1)


class Program(Protocol):
    """A process that was started, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...


class ProcessGroup:
    """A program in a process group of its own, which can be killed, frozen and thawed as one, and dies with the test run."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, folder: Path) -> None:
        self._program = self._start(command, environment, log)
        self._reaper = subprocess.Popen(
            ["/bin/sh", "-c", REAPER, "reaper", str(self._program.pid), str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _start(self, command: list[str], environment: dict[str, str], log: Path) -> Program:
        with log.open("ab") as output:
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def running(self) -> bool:
        return self._program.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return self._program.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the group; harmless when all are gone."""
        if self.running:
            os.killpg(self._program.pid, number)

    def freeze(self) -> None:
        """SIGSTOP, and return when every thread stands: those on another core go on for a moment. Raises `TimeoutError`."""
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + STANDS_S
        while self.running and not self._stands():
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} did not stop within {STANDS_S} s")
            time.sleep(0.001)

    def _stands(self) -> bool:
        """Whether no thread of the group runs or waits for anything but to go on."""
        for stat in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
            try:
                state, _, group = stat.read_text().rpartition(") ")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            if int(group) == self.pid and state not in "TZX":
                return False
        return True

    async def ended(self, within_s: float) -> None:
        """Wait for the program's end, and end its reaper. Raises `TimeoutError` when it does not end in time."""
        await until(self._has_ended, within_s, f"the end of process {self.pid}")
        self._reaper.kill()
        assert self._reaper.stdin
        self._reaper.stdin.close()
        self._reaper.wait()

    async def _has_ended(self) -> bool:
        return not self.running
