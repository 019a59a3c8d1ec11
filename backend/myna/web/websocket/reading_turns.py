"""How many frames of one address are handled in one turn of the event loop, over all its sockets: then it is the others' turn."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable

# Each takes some 10 to 50 µs, so a turn of the loop takes some 3 ms at most with any number of sockets that send without a pause.
FRAMES = 64


class ReadingTurns:
    """The sockets of one node that have more to read than this turn of the loop leaves them, by the key of their address.

    An address without limits has the key None.
    """

    def __init__(self) -> None:
        self._used: Counter[str | None] = Counter()
        self._waiting: dict[str | None, deque[Callable[[], None]]] = {}
        self._scheduled = False

    def left(self, address: str | None) -> bool:
        """Whether a socket of this address may read on in this turn."""
        return address is None or self._used[address] < FRAMES

    def use(self, address: str | None, frames: int) -> None:
        """So many frames were handled in this turn."""
        self._used[address] += frames
        self._schedule()

    def wait(self, address: str | None, go_on: Callable[[], None]) -> None:
        """Call this in a later turn, when those of this address that wait already have had theirs."""
        self._waiting.setdefault(address, deque()).append(go_on)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._scheduled = False
        self._used.clear()
        for address, waiting in list(self._waiting.items()):
            for _ in range(len(waiting)):
                if not self.left(address):
                    break
                waiting.popleft()()
            if not waiting:
                del self._waiting[address]
        if self._waiting:
            self._schedule()
