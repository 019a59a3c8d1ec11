"""How many frames of one address are handled in one turn of the event loop, over all its sockets: then it is the others' turn."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from myna.web.server.pace import PAUSE_S, SHARE, Activity

# Each takes some 10 to 50 µs, so a turn of the loop takes some 3 ms at most with any number of sockets that send without a pause.
FRAMES = 64
SHORT_S = 0.001  # an address whose frames take less in a turn has no rest after it


class ReadingTurns:
    """The sockets of one node that have more to read than this turn of the loop leaves them, by the key of their address.

    While others are there, an address that used much of a turn rests for as long as gives it no more than its share of the
    loop's time. An address without limits has the key None.
    """

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._used: Counter[str | None] = Counter()
        self._began: dict[str | None, float] = {}  # of each that reads in this turn: when it began, in the loop's processor time
        self._resting: set[str | None] = set()
        self._waiting: dict[str | None, deque[Callable[[], None]]] = {}
        self._scheduled = False

    def left(self, address: str | None) -> bool:
        """Whether a socket of this address may read on in this turn."""
        if address is None:
            return True
        if address in self._resting:
            return False
        now = time.thread_time()
        return self._used[address] < FRAMES and now - self._began.setdefault(address, now) < 2 * SHORT_S

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
        self._rest()
        self._used.clear()
        self._began.clear()
        for address, waiting in list(self._waiting.items()):
            for _ in range(len(waiting)):
                if not self.left(address):
                    break
                waiting.popleft()()
            if not waiting:
                del self._waiting[address]
        if any(address not in self._resting for address in self._waiting):
            self._schedule()

    def _rest(self) -> None:
        loop, cpu = asyncio.get_running_loop(), time.thread_time()
        for address, began in self._began.items():
            if address is not None and cpu - began > SHORT_S and self._activity.others(address, loop.time()):
                self._resting.add(address)
                loop.call_later(min(PAUSE_S, (SHARE - 1) * (cpu - began)), self._go_on, address)

    def _go_on(self, address: str | None) -> None:
        self._resting.discard(address)
        self._schedule()
