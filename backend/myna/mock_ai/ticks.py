"""Sleeping until common moments: those who are due at nearly the same time wake together, and what they do next shares its cost."""

import asyncio

TICK_S = 0.01  # a screen shows a frame every 17 ms


class Ticks:
    """Moments that are `TICK_S` apart. One timer wakes all who sleep until the same one."""

    def __init__(self) -> None:
        self._sleepers: dict[int, list[asyncio.Future[None]]] = {}  # by tick, counted on the event loop's clock

    async def sleep(self, seconds: float) -> float:
        """Return at the tick nearest to so many seconds from now: by how many seconds that is too late (a tick at most), below 0 too early.

        Whoever takes that off the next wait keeps its pace, also where it is no multiple of a tick.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        tick = round(due / TICK_S)
        if tick * TICK_S > loop.time():
            await self._until(tick, loop)
        return min(loop.time() - due, TICK_S)

    async def _until(self, tick: int, loop: asyncio.AbstractEventLoop) -> None:
        if tick not in self._sleepers:
            self._sleepers[tick] = []
            loop.call_at(tick * TICK_S, self._wake, tick)
        sleeper = loop.create_future()
        self._sleepers[tick].append(sleeper)
        await sleeper

    def _wake(self, tick: int) -> None:
        for sleeper in self._sleepers.pop(tick):
            if not sleeper.done():  # it may have been cancelled
                sleeper.set_result(None)
