"""Faults on purpose: each is begun by name, lasts for so many seconds at most and is undone by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from myna.protocol import timestamps
from myna.protocol.errors import Conflict, InvalidFrame, NotFound

log = structlog.get_logger()

AFTER_PART = 7  # the default of `end_responder`
MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long a fault lasts."""

    default: float
    min: float
    max: float


@dataclass(frozen=True, slots=True)
class Order:
    """What a fault is begun with."""

    seconds: float
    owner: str | None = None  # of the session that orders it
    after_part: int = AFTER_PART
    told: bool = False  # by another process, which tells all that are to do it


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be broken here. `begin` says in a sentence what it did, and may raise a `ChatError` or `Unavailable`."""

    name: str
    about: str
    begin: Callable[[Order], Awaitable[str]]
    end: Callable[[], None] = field(default=_nothing)
    seconds: Seconds | None = None  # None: it is over at once


@dataclass(frozen=True, slots=True)
class Begun:
    """A fault that was begun; `until` is a timestamp, or None where it is over already."""

    until: str | None
    what: str


class Faults:
    """The faults that are possible here, and those that last."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.possible = {fault.name: fault for fault in faults}
        self._until: dict[str, tuple[str, asyncio.TimerHandle]] = {}

    def until(self, name: str) -> str | None:
        """When a fault that lasts is over; None: it does not last now."""
        lasting = self._until.get(name)
        return lasting[0] if lasting is not None else None

    async def begin(
        self, name: str, seconds: float | None = None, *, owner: str | None = None, after_part: int = AFTER_PART, told: bool = False
    ) -> Begun:
        """Begin a fault. Raises `NotFound`, `Conflict` while it lasts, `InvalidFrame` for a time that is out of bounds."""
        fault = self.possible.get(name)
        if fault is None:
            raise NotFound(f"There is no such fault here; it takes one of {', '.join(self.possible)}.")
        if name in self._until:
            raise Conflict(f"{name} is going on until {self._until[name][0]}.")
        lasts = fault.seconds
        chosen = (lasts.default if seconds is None else seconds) if lasts is not None else 0.0
        if lasts is not None and not lasts.min <= chosen <= lasts.max:
            raise InvalidFrame(f"seconds: {name} takes {lasts.min:g} to {lasts.max:g}.")
        loop = asyncio.get_running_loop()
        until = timestamps.written(timestamps.now_ms() + int(chosen * 1000))
        if lasts is not None:
            self._until[name] = until, loop.call_later(chosen, self._end, fault)
        try:
            what = await fault.begin(Order(chosen, owner, after_part, told))
        except BaseException:
            self._end(fault)
            raise
        log.warning("lab.fault", fault=name, seconds=chosen, owner=owner)
        return Begun(until if lasts is not None else None, what)

    def _end(self, fault: Fault) -> None:
        lasting = self._until.pop(fault.name, None)
        if lasting is not None:
            lasting[1].cancel()
            fault.end()

    def over(self, name: str) -> None:
        """What was to last has had its effect."""
        if name in self._until:
            self._end(self.possible[name])

    def end_all(self) -> None:
        """Undo what lasts: the node is about to stop."""
        for name in list(self._until):
            self._end(self.possible[name])
