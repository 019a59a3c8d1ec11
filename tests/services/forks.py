"""Myna's processes as forks of one that has imported everything: an import takes two seconds of processor time, a fork milliseconds.

Run as a program it starts them: it reads requests from standard input, a JSON object a line, and answers each with a line of JSON.
"""

import atexit
import gc
import json
import os
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.services.processes import ProcessGroup

# What `myna serve` and `myna respond` import once they know their settings.
IMPORTED = (
    "myna.cli.serve",
    "myna.cli.respond",
    "myna.node.server",
    "myna.broker.rabbitmq.broker",
    "myna.store.postgres.store",
    "hypercorn.asyncio.tcp_server",
    "uvloop",
)


class Fork:
    """One program that was forked off, seen as `subprocess.Popen` shows one."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._server = _server()
        self.pid: int = self._server.request(command=command, environment=environment, log=str(log))
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        """None while it runs, then its exit code, or minus the signal's number."""
        if self._exit_code is None:
            self._exit_code = self._server.request(pid=self.pid)
        return self._exit_code


class ForkedGroup(ProcessGroup):
    """A process group whose program is `myna` with these arguments, in a fork."""

    def _start(self, command: list[str], environment: dict[str, str], log: Path) -> Fork:
        return Fork(command, environment, log)


class ForkServer:
    """The process that forks, at the other end of two pipes; it ends with the test run."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.services.forks"]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self._process.communicate)

    def request(self, **request: Any) -> Any:
        """Send a request and return what it is answered."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@cache
def _server() -> ForkServer:
    return ForkServer()


def serve() -> None:
    """Fork programs until there are no more requests; in a fork, return when that is set up, to go on as the program."""
    for line in sys.stdin:
        request = json.loads(line)
        if "pid" in request:
            answer = _exit_code(request["pid"])
        elif not (answer := os.fork()):
            _become(**request)
            return
        print(json.dumps(answer), flush=True)
    os._exit(0)


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(command: list[str], environment: dict[str, str], log: str) -> None:
    """Take on a new program's environment, arguments, files and session."""
    from myna.pipeline import failpoints

    os.setsid()
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)):
        opened = os.open(path, flags, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(environment)
    if "CHAT_FAILPOINT" in environment:  # read when that module is imported
        failpoints.choose(environment["CHAT_FAILPOINT"])
    sys.argv[:] = ["myna", *command]
    gc.enable()


if __name__ == "__main__":
    gc.disable()
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # so that forks share these pages with us
    serve()
    from myna.cli.main import main

    main()
