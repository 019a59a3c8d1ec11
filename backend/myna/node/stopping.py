"""How a process of ours is told to stop, waits for that, and ends."""

import asyncio
import signal
from collections.abc import Awaitable
from typing import NamedTuple

import structlog

from myna.node.loop_supervisor import Supervisor
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
