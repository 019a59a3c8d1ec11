"""Several processes of one command: each that ends is started again, and none is left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from myna.node.process_group import ProcessGroup
from tests.services.processes import until

# A member writes its process id into a file of its own number, and then does what it is told; `-S -E` start in 20 ms.
MEMBER = "import os, sys, time; open(os.environ['FILE'], 'a').write(f'{os.getpid()}\\n'); "
WAITS = "time.sleep(60)"


def group(folder: Path, then: str) -> ProcessGroup:
    return ProcessGroup([sys.executable, "-S", "-E", "-c", MEMBER + then], lambda number: {"FILE": str(folder / str(number))})


@asynccontextmanager
async def running(group: ProcessGroup, members: int) -> AsyncIterator["asyncio.Task[int]"]:
    """The group at work; at the end it is told to stop, by the signal that tells this process."""
    task = asyncio.create_task(group.run(members))
    yield task
    if not task.done():
        os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 10)


def lives(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def are_lives(folder: Path, *counts: int) -> Callable[[], Awaitable[bool]]:
    async def come_to() -> bool:
        return [len(lives(folder / str(number))) for number in range(len(counts))] == list(counts)

    return come_to


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_member_that_is_killed_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    async with running(group(tmp_path, WAITS), 2):
        await until(are_lives(tmp_path, 1, 1), 10, "both at work")
        os.kill(lives(tmp_path / "1")[0], signal.SIGKILL)
        await until(are_lives(tmp_path, 1, 2), 10, "the second at work again")
        assert is_alive(lives(tmp_path / "0")[0])


async def test_all_members_are_stopped_with_the_group(tmp_path: Path) -> None:
    async with running(group(tmp_path, WAITS), 2) as task:
        await until(are_lives(tmp_path, 1, 1), 10, "both at work")
        members = lives(tmp_path / "0") + lives(tmp_path / "1")
    assert not any(map(is_alive, members))
    assert task.result() == 0


async def test_wrong_settings_end_the_group_with_their_exit_code(tmp_path: Path) -> None:
    code = await asyncio.wait_for(group(tmp_path, "sys.exit(2) if os.environ['FILE'].endswith('1') else time.sleep(60)").run(2), 10)
    assert code == 2
    assert len(lives(tmp_path / "1")) == 1


async def test_a_member_learns_of_the_end_of_its_group_by_its_lifeline(tmp_path: Path) -> None:
    # Its arguments are `--member NUMBER LIFELINE`; reading the lifeline returns when nobody holds the pipe's other end any more.
    waits = "os.read(int(sys.argv[3]), 1); open(os.environ['FILE'] + '.ended', 'w'); sys.exit(2)"
    own = group(tmp_path, waits)
    task = asyncio.create_task(own.run(1))
    await until(are_lives(tmp_path, 1), 10, "the member at work")
    os.close(own._held)  # as the system does when this process is killed
    own._held = os.dup(own._lifeline)

    async def ended() -> bool:
        return (tmp_path / "0.ended").exists()

    await until(ended, 10, "the member ended")
    await asyncio.wait_for(task, 10)
