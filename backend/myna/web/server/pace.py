"""How quickly the requests of one address begin, so that nobody else waits for more than one of them at a time."""

import asyncio
from collections import deque

# Turns of the event loop that an ordinary request takes from its first byte to its answer. With nothing else to do they take 0.1 ms.
TURNS = 10


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
            loop.call_soon(self._go_on, loop, address, TURNS)
            return
        turn = loop.create_future()
        waiting.append(turn)
        await turn

    def _go_on(self, loop: asyncio.AbstractEventLoop, address: str, turns: int) -> None:
        waiting = self._waiting[address]
        if turns:
            loop.call_soon(self._go_on, loop, address, turns - 1)
            return
        while waiting:
            turn = waiting.popleft()
            if not turn.done():  # its connection may have ended
                turn.set_result(None)
                loop.call_soon(self._go_on, loop, address, TURNS)
                return
        del self._waiting[address]
