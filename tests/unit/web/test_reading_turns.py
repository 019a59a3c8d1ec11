"""An address whose frames take much of the loop's time rests while others are there."""

import asyncio
import time

from myna.web.server.pace import Activity
from myna.web.websocket.reading_turns import FRAMES, SHORT_S, ReadingTurns


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def read_for(seconds: float, *, others: bool) -> tuple[list[float], float]:
    """When a socket of an address that has just read for so long may go on, in seconds from then."""
    activity, begun = Activity(), 0.0
    if others:
        activity.note("b", asyncio.get_running_loop().time())
    activity.note("a", asyncio.get_running_loop().time())
    turns, on = ReadingTurns(activity), list[float]()
    assert turns.left("a")
    busy(seconds)
    turns.use("a", FRAMES)
    turns.wait("a", lambda: on.append(time.monotonic() - begun))
    begun = time.monotonic()
    for _ in range(3):
        await asyncio.sleep(0)
    soon = list(on)
    await asyncio.sleep(0.1)
    return soon, on[0]


async def test_frames_that_took_long_are_followed_by_a_rest_while_others_are_there() -> None:
    soon, after_s = await read_for(3 * SHORT_S, others=True)

    assert not soon
    assert after_s >= 3 * SHORT_S


async def test_alone_an_address_reads_on_at_once() -> None:
    soon, _ = await read_for(3 * SHORT_S, others=False)

    assert len(soon) == 1


async def test_an_address_without_limits_never_rests() -> None:
    turns = ReadingTurns(Activity())
    turns.use(None, 10 * FRAMES)

    assert turns.left(None)
