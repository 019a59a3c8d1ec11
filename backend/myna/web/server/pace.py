"""How quickly the requests of one address begin, so that others find the event loop free most of the time."""

import asyncio
import time
from collections import deque
from functools import partial

from myna.web.server.departures import Departures

# Turns of the event loop that an ordinary request takes from its first byte to its answer. With nothing else to do they take 0.1 ms.
TURNS = 10
LONGEST_S = 0.002  # that a request waits for those of the one before it: turns are long when the node has other things to do
# While others are there, an address whose requests wait for each other has one part in so many of the loop's time.
SHARE = 3
PAUSE_S = 0.01  # at most, between two requests: a hundred a second begin, whatever each of them and everything else costs
# The same behind one that is known to cost much (a search, say), or behind 64 KiB of a body: two megabytes a second come and go.
LONG_PAUSE_S = 0.03
RECENT_S = 5.0  # who sent nothing for so long is not there


class Activity:
    """Which addresses are there. It remembers the last two that sent something, which is enough to know of anybody else."""

    def __init__(self) -> None:
        self._last: tuple[str | None, float] = "", -RECENT_S
        self._before = -RECENT_S  # when another than the last one sent something

    def note(self, address: str | None, now: float) -> None:
        """This address (None: one without limits) sends something; `now` is the loop's time."""
        if address != self._last[0]:
            self._before = self._last[1]
        self._last = address, now

    def others(self, address: str, now: float) -> bool:
        """Whether another address sent something of late."""
        at = self._before if address == self._last[0] else self._last[1]
        return now - at < RECENT_S


class Queue:
    """The requests of one address that wait."""

    def __init__(self, cpu: float) -> None:
        self.waiting: deque[tuple[asyncio.Future[bool], float]] = deque()  # with the longest pause behind each
        self.cpu = cpu  # the loop's processor time when it was last looked at, in seconds
        self.begun = 0.0  # when the last request began
        self.longest_pause_s = PAUSE_S


class Pace:
    """Lets a request of an address begin when the one before it has had its turns of the event loop, and others theirs.

    Whoever sends a thousand requests at once has them handled one after the other, and what others send is handled in between:
    each turn of the loop holds a piece of one request of each address, and not of a thousand. Where there are others, the next
    request also waits until the processor time that went by since the last is no more than its share of the time that passed,
    as a turn of somebody's chat takes ten turns of the loop, and each would find it at work. One whose client has gone waits for
    no turn, so that it ends: of those one goes on in each turn of the loop.
    """

    def __init__(self, activity: Activity, departures: Departures) -> None:
        self._activity = activity
        self._departures = departures
        self._departed: deque[asyncio.Future[bool]] = deque()
        self._queues: dict[str, Queue] = {}

    async def begin(self, address: str | None, longest_pause_s: float = PAUSE_S, descriptor: int | None = None) -> bool:
        """Return when a request of this address (None: of one without limits) may begin: True; or, False, its client sends no more.

        `descriptor` is its connection's, where nothing is read of that meanwhile.
        """
        loop = asyncio.get_running_loop()
        self._activity.note(address, loop.time())
        if address is None:
            return True
        queue = self._queues.get(address)
        if queue is None:
            self._queues[address] = queue = Queue(time.thread_time())
            self._wait(loop, address, queue, longest_pause_s)
            return True
        turn: asyncio.Future[bool] = loop.create_future()
        queue.waiting.append((turn, longest_pause_s))
        with self._departures.watching(descriptor, partial(self._depart, turn)):
            return await turn

    def _wait(self, loop: asyncio.AbstractEventLoop, address: str, queue: Queue, longest_pause_s: float) -> None:
        queue.begun, queue.longest_pause_s = time.monotonic(), longest_pause_s
        loop.call_soon(self._turn, loop, address, queue, TURNS)

    def _turn(self, loop: asyncio.AbstractEventLoop, address: str, queue: Queue, turns: int) -> None:
        passed = time.monotonic() - queue.begun
        if turns and passed < LONGEST_S:
            loop.call_soon(self._turn, loop, address, queue, turns - 1)
            return
        cpu = time.thread_time()
        used, queue.cpu = cpu - queue.cpu, cpu
        pause = min(queue.longest_pause_s, SHARE * used - passed)
        if pause > 0 and self._activity.others(address, loop.time()):
            loop.call_later(pause, self._go_on, loop, address, queue)
        else:
            self._go_on(loop, address, queue)

    def _go_on(self, loop: asyncio.AbstractEventLoop, address: str, queue: Queue) -> None:
        while queue.waiting:
            turn, longest_pause_s = queue.waiting.popleft()
            if not turn.done():  # its connection may have ended
                turn.set_result(True)
                self._wait(loop, address, queue, longest_pause_s)
                return
        del self._queues[address]

    def _depart(self, turn: asyncio.Future[bool]) -> None:
        self._departed.append(turn)
        if len(self._departed) == 1:
            asyncio.get_running_loop().call_soon(self._let_one_go)

    def _let_one_go(self) -> None:
        turn = self._departed.popleft()
        if not turn.done():
            turn.set_result(False)
        if self._departed:
            asyncio.get_running_loop().call_soon(self._let_one_go)
