"""Group commit: what waits while a flush is under way is flushed together next.

One flush is under way at a time. A line alone is flushed alone and at once; under load hundreds of lines share the cost of
one confirm. No timer delays anything. Databases commit transactions this way (PostgreSQL: `commit_siblings`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from time import monotonic
from typing import Generic, TypeVar

from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import GROUP_BYTES, RoutingKey
from myna.telemetry.histogram import Histogram

T = TypeVar("T")

# Two seconds of 30,000 lines a second. More than that and the broker is not just slow: `busy` is the honest answer.
MAX_WAITING_LINES = 65_536


class GroupCommit(Generic[T]):
    """Hands lines to `flush`, in order, up to `limit` and `GROUP_BYTES` at once; the lines of one `submit` are never split.

    `flush` returns when all its lines are confirmed and raises when that can't be known. Its failure fails everything that
    waits behind it too, so that what was confirmed of one submitter is always a prefix.
    """

    def __init__(
        self,
        flush: Callable[[list[T]], Awaitable[None]],
        *,
        limit: int,
        size: Callable[[T], int] = lambda _line: 0,
        max_waiting: int = MAX_WAITING_LINES,
        seconds: Histogram | None = None,
    ) -> None:
        """`size`: a line's bytes, where they count. `seconds`: where the time of each flush that succeeded is noted."""
        self._flush = flush
        self._size = size
        self._limit = limit
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[Sequence[T], asyncio.Future[None]]] = deque()
        self._waiting_lines = 0
        self._runner: asyncio.Task[None] | None = None
        self._seconds = seconds

    def submit(self, lines: Sequence[T]) -> asyncio.Future[None]:
        """Flush these lines; the future is done when they are confirmed, or fails with `BrokerUnavailable`. Never raises."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if self._waiting_lines + len(lines) > self._max_waiting:
            _fail(future, BrokerUnavailable(f"{self._waiting_lines} lines wait to be published already."))
            return future
        self._waiting.append((lines, future))
        self._waiting_lines += len(lines)
        if self._runner is None:
            # One task for as long as something waits, not one for each line.
            self._runner = loop.create_task(self._run(), name="group-commit")
        return future

    async def close(self, *, within_s: float = 0.0) -> None:
        """Flush what waits for at most so long, then stop: what is not confirmed by then fails with `BrokerUnavailable`."""
        if self._runner is not None and within_s:
            await asyncio.wait([self._runner], timeout=within_s)
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.cancel()
            await asyncio.wait([runner])
        self._fail_all([], BrokerUnavailable("The publisher was closed before this was published."))

    async def _run(self) -> None:
        taken: list[asyncio.Future[None]] = []
        try:
            while self._waiting:
                lines, taken = self._take()
                began = monotonic()
                await self._flush(lines)
                if self._seconds is not None:
                    self._seconds.observe(monotonic() - began)
                for future in taken:
                    if not future.done():  # whoever waited for it may have been cancelled meanwhile
                        future.set_result(None)
        except asyncio.CancelledError:
            self._fail_all(taken, BrokerUnavailable("The publisher was closed before the broker confirmed."))
            raise
        except BrokerUnavailable as error:
            self._fail_all(taken, error)
        except Exception as error:
            self._fail_all(taken, BrokerUnavailable(f"A publish failed: {error!r}."))
        finally:
            if self._runner is asyncio.current_task():
                self._runner = None

    def _take(self) -> tuple[list[T], list[asyncio.Future[None]]]:
        waiting = self._waiting
        first, future = waiting.popleft()
        lines, futures = list(first), [future]
        size = sum(map(self._size, lines))
        while waiting and len(lines) + len(waiting[0][0]) <= self._limit:
            more, future = waiting[0]
            size += sum(map(self._size, more))
            if size > GROUP_BYTES:
                break
            waiting.popleft()
            lines += more
            futures.append(future)
        self._waiting_lines -= len(lines)
        return lines, futures

    def _fail_all(self, taken: list[asyncio.Future[None]], error: BrokerUnavailable) -> None:
        behind = [future for _, future in self._waiting]
        self._waiting.clear()
        self._waiting_lines = 0
        for future in taken + behind:
            _fail(future, error)


def _fail(future: asyncio.Future[None], error: BrokerUnavailable) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # counts as looked at: a submitter that does not care causes no warning


def publishers(publish: Callable[[RoutingKey, list[bytes]], Awaitable[None]], seconds: Histogram) -> dict[RoutingKey, GroupCommit[bytes]]:
    """One for each routing key, which publishes what waits for it; `seconds` notes how long each publish took."""
    return {key: GroupCommit(partial(publish, key), limit=key.group_lines, size=len, seconds=seconds) for key in RoutingKey}
