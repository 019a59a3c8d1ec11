"""Long work on the event loop in slices: a millisecond of one piece of work, then everybody else's turn, then one of the next piece.

Only one piece of work is in a slice at a time, however many there are. So whoever sends many large bodies at once has them
worked on one after the other, and nobody else waits longer than for one slice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

SLICE_S = 0.001
# After its first slices a piece of work rests, and what waits behind it waits, for so many times as long as it worked: long work
# takes a third of the loop's time at most, whoever sends how much of it. A short piece is not held up, only the one behind it.
FREE_SLICES, REST = 2, 2

# One thread: several would take the processor from the event loop together.
_THREAD = ThreadPoolExecutor(1, "long-work")
R = TypeVar("R")
Pause = Callable[[], Awaitable[None]]

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def in_thread(work: Callable[..., R], *arguments: object) -> R:
    """The result of long work that can't be cut into slices, one piece after the other.

    It is to be Python for the most part: a long call into C holds the event loop up from a thread too.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREAD, partial(work, *arguments))


@asynccontextmanager
async def sliced() -> AsyncIterator[Pause]:
    """Work of which each step is short: `await pause()` between two. Nothing else may be awaited inside, as others wait for it."""
    loop = asyncio.get_running_loop()
    turn = _TURNS.setdefault(loop, asyncio.Lock())
    await turn.acquire()
    held, since, slices, worked = True, time.monotonic(), 0, 0.0

    async def pause() -> None:
        nonlocal held, since, slices, worked
        if time.monotonic() - since <= SLICE_S:
            return
        slices, worked = slices + 1, worked + time.monotonic() - since
        if slices > FREE_SLICES:
            await asyncio.sleep(REST * worked)
            worked = 0.0
        else:
            await asyncio.sleep(0)
        turn.release()
        held = False
        await turn.acquire()
        held, since = True, time.monotonic()

    try:
        yield pause
    finally:
        if held:
            # What begins in this turn of the loop waits for the next one at least.
            worked += time.monotonic() - since
            if worked < SLICE_S / 2:
                loop.call_soon(turn.release)
            else:
                loop.call_later(REST * worked, turn.release)
