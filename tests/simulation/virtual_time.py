"""An event loop whose time is virtual and whose order is drawn from a seed: no threads, no sockets, no waiting.

Sleeping costs nothing: when nobody can run, the clock jumps to the next timer. With a seed, callbacks that are ready at
the same moment run in a drawn order; without one, in asyncio's own. Either way a run is the same each time: tasks and
futures hash by a counter instead of by their address, so that sets of them have one order, and the clocks and random
numbers that the product asks for are virtual too.
"""

import asyncio
import gc
import random
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from unittest.mock import patch

from myna.protocol.timestamps import rfc3339

T = TypeVar("T")

START = datetime(2026, 1, 1, tzinfo=UTC)
TIME_LIMIT_S = 24 * 3600.0  # of virtual time: a run that takes longer hangs


class Deadlock(Exception):
    """Nobody can run and no timer is set: what is awaited never comes."""


class CountedFuture(asyncio.Future[T]):
    """A future that hashes by its number."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._number = number

    def __hash__(self) -> int:
        return self._number


class CountedTask(asyncio.Task[T]):
    """A task that hashes by its number."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, T], **options: Any) -> None:
        self._number = number  # first: the task puts itself into a set
        self.context: Context = options.setdefault("context", None) or copy_context()
        options["context"] = self.context
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class _Selector:
    """In place of a loop's selector: advances the time, and shuffles the callbacks that are ready."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Deadlock("Nothing is ready and no timer is set.")
        self._loop.now += timeout
        if self._loop.now > TIME_LIMIT_S:
            raise Deadlock("A day of virtual time has passed.")
        return []

    def close(self) -> None:
        pass


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module. `faults` holds what nobody caught: exceptions of callbacks and of forgotten tasks."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.now = 0.0
        self.faults: list[str] = []
        self._selector = _Selector(self)
        self._numbers = count(1)
        self._rng = None if seed is None else random.Random(f"order {seed}")
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        return CountedFuture(next(self._numbers), self)

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        return CountedTask(next(self._numbers), coro, loop=loop, **options)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.faults.append(f"{context['message']}: {context.get('exception')!r}")

    def _process_events(self, event_list: list[Any]) -> None:
        # All ready callbacks are in this one queue; shuffling it shows code that depends on their order.
        ready = self._ready  # type: ignore[attr-defined]
        if self._rng is not None and len(ready) > 1 and self._rng.random() < 0.5:
            line = list(ready)
            self._rng.shuffle(line)
            ready.clear()
            ready.extend(line)

    def _write_to_self(self) -> None:
        pass


@contextmanager
def virtual_clocks(loop: VirtualLoop, seed: int) -> Iterator[None]:
    """Every clock and every random number that the product reads comes from the loop and the seed."""

    def moment() -> datetime:
        return START + timedelta(seconds=loop.now)

    def now_ms() -> int:
        return round(moment().timestamp() * 1000)

    rng = random.Random(f"ids {seed}")
    state = random.getstate()
    random.seed(f"global {seed}")
    try:
        with (
            patch("myna.protocol.timestamps.now", lambda: rfc3339(moment())),
            patch("myna.protocol.timestamps.now_ms", now_ms),
            patch("myna.pipeline.log_until_now.uuid4", lambda: uuid.UUID(int=rng.getrandbits(128), version=4)),
        ):
            yield
    finally:
        random.setstate(state)


def clock(loop: VirtualLoop) -> Callable[[], float]:
    """The virtual time as seconds since 1970, for whoever takes a clock."""
    return lambda: START.timestamp() + loop.now


def run(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]], seed: int | None = None) -> T:
    """Run this to its end in virtual time. Raises what it raises, `Deadlock` when it waits for what never comes, and
    AssertionError when something failed that nobody looked at."""
    loop = VirtualLoop(seed)
    collecting = gc.isenabled()
    gc.disable()  # the seed does not decide when the collector runs, and what it finalizes may schedule callbacks
    try:
        with virtual_clocks(loop, seed or 0):
            try:
                result = loop.run_until_complete(main(loop))
            finally:
                loop.run_until_complete(_cancel_all())
                loop.run_until_complete(loop.shutdown_asyncgens())
            assert loop.faults == [], loop.faults
            return result
    finally:
        loop.close()
        if collecting:
            gc.enable()


async def _cancel_all() -> None:
    left = sorted(asyncio.all_tasks() - {asyncio.current_task()}, key=hash)
    for task in left:
        if task is not None:
            task.cancel()
    await asyncio.gather(*(task for task in left if task is not None), return_exceptions=True)
