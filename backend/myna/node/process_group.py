"""Runs several processes of one command as one: each that ends is started again, and all are stopped together."""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from myna.node.loop_supervisor import RESTART_MAX_S, RESTART_S, STEADY_S
from myna.node.stopping import WRONG_USE, first_of, stop_signal

FAILED = 1  # the exit code for what a signal ended
log = structlog.get_logger()


class ProcessGroup:
    """Members that run the same command, each with an environment of its own.

    A member is told `--member NUMBER LIFELINE`: which one it is, and the end of a pipe that closes when this process ends, however
    it ends, so that none is left behind.
    """

    def __init__(self, command: Sequence[str], environment: Callable[[int], Mapping[str, str]]) -> None:
        self._command = command
        self._environment = environment  # by the member's number, from 0
        self._lifeline, self._held = os.pipe()  # nothing is ever written: what counts is that it is open
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self, count: int) -> int:
        """Keep so many running until SIGTERM or SIGINT, or until one finds its settings wrong. The exit code: the highest of theirs."""
        stopping = stop_signal()
        keepers = [asyncio.create_task(self._keep(number), name=f"member {number}") for number in range(count)]
        await first_of(stopping.wait(), asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED))
        self._stopping.set()
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        codes = await asyncio.gather(*keepers)
        os.close(self._held)
        os.close(self._lifeline)
        return max(codes)

    async def _keep(self, number: int) -> int:
        loop, wait = asyncio.get_running_loop(), RESTART_S
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._run_once(number)
            if self._stopping.is_set() and code == -signal.SIGTERM:
                return 0  # told to stop before it had begun anything that takes an end
            if self._stopping.is_set() or code == WRONG_USE:
                return code if code >= 0 else FAILED
            log.warning("process.ended", member=number, code=code)
            wait = RESTART_S if loop.time() - began > STEADY_S else min(wait * 2, RESTART_MAX_S)
            await asyncio.sleep(random.uniform(0, wait))  # jitter
        return 0

    async def _run_once(self, number: int) -> int:
        command = [*self._command, "--member", str(number), str(self._lifeline)]
        environment = {**os.environ, **self._environment(number)}
        process = await asyncio.create_subprocess_exec(*command, env=environment, pass_fds=[self._lifeline])
        self._running[number] = process
        if self._stopping.is_set():
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self._running[number]
