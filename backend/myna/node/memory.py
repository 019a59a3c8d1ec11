"""Gives memory back to the system after many connections have ended, which the C library would keep for itself."""

import asyncio
import ctypes
import sys
from collections.abc import Callable

LOOK_EVERY_S = 5.0
MANY = 200  # connections that ended since the last time: with what came over them, some megabytes


async def give_back(connections: Callable[[], int]) -> None:
    """Look until cancelled; `connections` says how many are open. Does nothing where the C library has no such call."""
    trim = _malloc_trim()
    most = 0
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = connections()
        most = max(most, now)
        if most - now >= MANY:
            most = now
            await asyncio.to_thread(trim, 0)  # some milliseconds, without Python's lock


def _malloc_trim() -> Callable[[int], int]:
    trim: Callable[[int], int] | None = None
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
    return trim or (lambda _: 0)
