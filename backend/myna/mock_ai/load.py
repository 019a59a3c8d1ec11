"""How many replies this process makes at once, by profile: what is beyond a profile's limit waits in line, or is turned away."""

import asyncio
from collections import deque

from myna.mock_ai.profiles import Profile


class Load:
    """The open replies of one profile in one process, and the line of those that wait for their turn."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._open = 0
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def factor(self) -> float:
        """How many times longer than with little to do every wait is."""
        slower_from = self._profile.slower_from
        return max(1.0, self._open / slower_from) if slower_from else 1.0

    @property
    def full(self) -> bool:
        """Whether one more reply could not even wait."""
        limit, waiting = self._profile.at_once, self._profile.waiting
        return limit is not None and waiting is not None and self._open >= limit and len(self._line) >= waiting

    @property
    def idle(self) -> bool:
        """Whether no reply is open or waits."""
        return not self._open

    async def turn(self) -> None:
        """Return when this reply may be made, first come, first served. `leave` has to follow."""
        if self._profile.at_once is None or self._open < self._profile.at_once:
            self._open += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            await place  # whoever leaves hands its place on, so `_open` stays as it is
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            else:
                self._line.remove(place)
            raise

    def leave(self) -> None:
        """Give the place to the next in line."""
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._open -= 1
