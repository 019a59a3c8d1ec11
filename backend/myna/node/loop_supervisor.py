"""Runs the long-lived loops of a process by name: starts one that ended again, and ends the process when one keeps crashing."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from myna.protocol.errors import MynaError, Unavailable

log = structlog.get_logger()

RESTART_S = 0.2  # first wait before a loop starts again; doubles up to the next, with full jitter
RESTART_MAX_S = 5.0
# A loop that fails by a fault of ours this often in a row won't mend: better a process that restarts than one that idles.
CRASHES = 5
STEADY_S = 30.0  # having run this long, a loop counts as mended


class Supervisor:
    """Runs loops; one that ends is started again, one that keeps crashing takes the process down."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self.failed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run this loop from now on, under this name, unless one of that name runs already."""
        if name in self._tasks:
            return
        self._tasks[name] = asyncio.create_task(self._watch(name, loop), name=name)

    async def stop(self, *names: str) -> None:
        """End these loops (all, if none is named) and wait until they have ended."""
        chosen = [self._tasks.pop(name) for name in (names or list(self._tasks)) if name in self._tasks]
        for task in chosen:
            task.cancel()
        await asyncio.gather(*chosen, return_exceptions=True)

    async def _watch(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        crashes, wait = 0, RESTART_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await loop()
                log.warning("loop.ended", loop=name)
            except Unavailable as error:
                log.debug("loop.waits", loop=name, reason=str(error))
            except MynaError as error:
                self._fail(error)
                return
            except Exception as error:
                crashes += 1
                log.exception("loop.crashed", loop=name, crashes=crashes)
                if crashes >= CRASHES:
                    self._fail(error)
                    return
            if (task := asyncio.current_task()) is not None and task.cancelling():
                return  # the loop, or a library in it, made another error of the cancellation: it is stopped all the same
            if asyncio.get_running_loop().time() - began > STEADY_S:
                crashes, wait = 0, RESTART_S
            await asyncio.sleep(random.uniform(0, wait))  # jitter
            wait = min(wait * 2, RESTART_MAX_S)

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self.failed.set()
