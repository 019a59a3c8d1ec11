"""How late the event loop is: the wait of everybody it serves that no other number shows."""

import asyncio

from myna.telemetry.histogram import Histogram

INTERVAL_S = 0.25  # between two looks: a stall as long is certain to be seen, and looking costs nothing that can be measured


class LoopLag:
    """Sleeps, and notes by how much it was woken too late."""

    def __init__(self) -> None:
        self.seconds = Histogram()

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + INTERVAL_S
            await asyncio.sleep(INTERVAL_S)
            self.seconds.observe(max(0.0, loop.time() - due))
