"""How quickly the requests of one address begin, so that nobody else waits for more than one of them at a time."""

import asyncio
from collections import deque

# Turns of the event loop that an ordinary request takes from its first byte to its answer. With nothing else to do they take 0.1 ms.
TURNS = 10
LONGEST_S = 0.002  # that a request waits for the one before it: turns are long when the node has other things to do


class Pace:
    """Lets a request of an address begin when the one before it has had its turns of the event loop.

    Whoever sends a thousand requests at once has them handled one after the other, and what others send is handled in between:
    each turn of the loop holds a piece of one request of each address, and not of a thousand.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def begin(self, address: str | None) -> None:
        """Return when a request of this address (None: of one without limits) may begin."""
        if address is None:
            return
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(address)
        if waiting is None:
            self._waiting[address] = deque()
            self._wait(loop, address)
            return
        turn = loop.create_future()
        waiting.append(turn)
        await turn

    def _wait(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        loop.call_soon(self._go_on, loop, address, TURNS, loop.time() + LONGEST_S)

    def _go_on(self, loop: asyncio.AbstractEventLoop, address: str, turns: int, deadline: float) -> None:
        if turns and loop.time() < deadline:
            loop.call_soon(self._go_on, loop, address, turns - 1, deadline)
            return
        waiting = self._waiting[address]
        while waiting:
            turn = waiting.popleft()
            if not turn.done():  # its connection may have ended
                turn.set_result(None)
                self._wait(loop, address)
                return
        del self._waiting[address]
