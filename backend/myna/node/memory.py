"""Gives memory back to the system after many connections or large bodies, which the C library would keep for itself."""

import asyncio
import ctypes
import sys
from collections.abc import Callable

LOOK_EVERY_S = 5.0
MANY = 200  # connections that ended since the last time: with what came over them, some megabytes
MUCH = 16_000_000  # bytes of bodies that came and went since the last time


async def give_back(connections: Callable[[], int], bodies: Callable[[], int]) -> None:
    """Look until cancelled; does nothing where the C library has no such call.

    `connections` says how many are open, `bodies` how many bytes of bodies there have been ever.
    """
    trim = _malloc_trim()
    most, before = 0, bodies()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now, ended = connections(), bodies()
        most = max(most, now)
        if most - now >= MANY or ended - before >= MUCH:
            most, before = now, ended
            await asyncio.to_thread(trim, 0)  # some milliseconds, without Python's lock


def _malloc_trim() -> Callable[[int], int]:
    trim: Callable[[int], int] | None = None
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
    return trim or (lambda _: 0)
