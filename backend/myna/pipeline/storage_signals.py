"""Signals between the reads that wait for the log or the database and those who advance them."""

import asyncio
from contextlib import suppress

from myna.core.log_observer import LogObserver


class StorageSignals(LogObserver):
    """The projection has advanced (read or stored more), and a flush is requested (a reader waits for what is not stored)."""

    def __init__(self) -> None:
        self._advanced = asyncio.Event()
        self._flush = asyncio.Event()

    def advanced(self) -> None:
        """Wake all who wait for the projection to advance."""
        self._advanced.set()
        self._advanced = asyncio.Event()

    batch_read = advanced

    async def wait_advanced(self) -> None:
        """Return when the projection next advances."""
        await self._advanced.wait()

    def request_flush(self) -> None:
        """Have the recorder store what is pending without waiting for more."""
        self._flush.set()

    async def flush_requested(self, within_s: float) -> bool:
        """Whether a flush was or is requested within this time; the request is answered by that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._flush.wait()
                self._flush.clear()
                return True
        return False
