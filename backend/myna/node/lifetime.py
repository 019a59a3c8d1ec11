"""How a process of ours is told to stop, waits for that, and ends."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable
from typing import NamedTuple

import structlog

from myna.node.supervisor import Supervisor
from myna.protocol.errors import StartupError

log = structlog.get_logger()


WRONG_USE = 2  # the exit code of a process whose settings are wrong: started again, it would end again


class Member(NamedTuple):
    """Which process of a group this is (process_group.py)."""

    number: int  # from 0
    lifeline: int  # a file descriptor that can be read from, to its end, once the group's own process has ended


def stop_signal(member: Member | None = None) -> asyncio.Event:
    """Set by SIGTERM or SIGINT, and in a member of a group by the end of the group's own process."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)

    def orphaned(lifeline: int) -> None:
        loop.remove_reader(lifeline)
        stopping.set()

    if member is not None:
        loop.add_reader(member.lifeline, orphaned, member.lifeline)
    return stopping


async def first_of(*waits: Awaitable[object]) -> None:
    """Return when the first of these does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def exit_code(supervisor: Supervisor) -> int:
    """0, or 1 and the reason when a loop failed for good. A `StartupError` is raised again."""
    if supervisor.failure is None:
        return 0
    if isinstance(supervisor.failure, StartupError):
        raise supervisor.failure
    log.error("process.failed", reason=str(supervisor.failure))
    return 1


def postpone_collection() -> None:
    """No garbage collection until `favour_event_loop`: while libraries are imported it finds nothing, in 0.1 s of 1.8."""
    gc.disable()


def favour_event_loop() -> None:
    """Let the event loop go on sooner than by default: past the garbage collector, and past threads. Called when all is built.

    By default the collector looks through all objects again and again, those of the libraries and of each open socket (some
    500) too: 100 to 600 ms, in which nobody is served. What is there now stays and is not looked at any more; what is new is
    looked at in portions of some milliseconds, and all of that together very rarely.
    """
    gc.enable()
    gc.freeze()
    gc.set_threshold(5_000, 2, 1_000)
    sys.setswitchinterval(0.001)  # seconds that a thread computes before the loop has its turn; 5 ms by default
