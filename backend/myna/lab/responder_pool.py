"""As many responders in this process as are wanted, each with a link of its own to the broker."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

import structlog

from myna.broker.port import Broker
from myna.lab.responder_link import ResponderLink
from myna.pipeline.responder import Responder
from myna.protocol.errors import Conflict, Unavailable
from myna.telemetry.responder import ResponderMetrics

log = structlog.get_logger()

MOST_RESPONDERS = 8
MOST_PREFETCH = 1_000
AWAY_S = 2.0  # from the end of one to the start of the next, as a supervisor of processes takes it
RESTART_S = 0.5  # the longest wait until a responder whose broker was lost looks for it again

State = Literal["running", "paused", "away"]
Make = Callable[[Broker, str, int], Responder]  # from a broker, a worker's name and a prefetch


@dataclass(slots=True)
class Member:
    """One responder."""

    link: ResponderLink
    responder: Responder
    task: "asyncio.Task[None]"

    @property
    def state(self) -> State:
        """Whether it works."""
        return "paused" if self.link.paused else "running" if self.responder.consuming else "away"


class ResponderPool:
    """Stands where a node's one responder stands."""

    def __init__(self, broker: Broker, make: Make, *, worker: str, prefetch: int, drain_s: float) -> None:
        self.members: list[Member] = []
        self.worker = worker
        self.metrics = ResponderMetrics()  # of all of them
        self.count, self.prefetch = 1, prefetch
        self._broker = broker
        self._make = make
        self._drain_s = drain_s
        self._made = 0  # names are given once
        self._away = 0  # ended on purpose, and not back yet
        self._serving = False
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """Replies being made."""
        return self.metrics.open

    @property
    def consuming(self) -> bool:
        """Whether all that are wanted consume."""
        return all(member.responder.consuming for member in self.members)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """See `Responder.loops`."""
        return {"responder": self.run}

    async def run(self) -> None:
        """Keep so many running, until cancelled."""
        self._serving = True
        try:
            self._fit()
            await asyncio.Event().wait()
        finally:
            self._serving = False
            members, self.members = self.members, []
            await asyncio.gather(*(_end(member) for member in members), *self._leaving, return_exceptions=True)

    async def drain(self, seconds: float) -> None:
        """See `Responder.drain`; of all of them."""
        self.resume_all()
        await asyncio.gather(*(member.responder.drain(seconds) for member in self.members))

    def fit(self, count: int | None = None, prefetch: int | None = None) -> None:
        """Have so many, with this prefetch. Those that go finish what they have, for a bounded time."""
        if prefetch is not None and prefetch != self.prefetch:
            self.prefetch = prefetch
            leaving, self.members = self.members, []
            self._leave(leaving)
        self.count = self.count if count is None else count
        self._fit()

    def _fit(self) -> None:
        wanted = max(0, self.count - self._away)
        self._leave(self.members[wanted:])
        del self.members[wanted:]
        while self._serving and len(self.members) < wanted:
            self.members.append(self._new())

    def _new(self) -> Member:
        self._made += 1
        link = ResponderLink(self._broker)
        name = self.worker if self._made == 1 else f"{self.worker}-{self._made}"
        responder = self._make(cast("Broker", link), name, self.prefetch)
        responder.metrics = self.metrics
        return Member(link, responder, asyncio.create_task(_serve(responder), name=f"responder {name}"))

    def _leave(self, members: list[Member]) -> None:
        for member in members:
            member.link.resume()
            task = asyncio.create_task(self._drain_and_end(member))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _drain_and_end(self, member: Member) -> None:
        await member.responder.drain(self._drain_s)
        await _end(member)

    # --- faults ---

    def busiest(self) -> Member:
        """The one with most in hand. Raises `Conflict` where there is none."""
        if not self.members:
            raise Conflict("No responder runs here just now.")
        return max(self.members, key=lambda member: member.responder.in_hand)

    def resume_all(self) -> None:
        """Let those that stand still go on."""
        for member in self.members:
            member.link.resume()

    def end_after(self, part: int, then: Callable[[], None]) -> None:
        """End the next one that publishes this part of a reply, behind it, and call `then`; another one starts after `AWAY_S`."""
        self.busiest()
        for member in self.members:
            member.link.end_after(part, partial(self._end_one, member, then))

    def disarm(self) -> None:
        """End none any more."""
        for member in self.members:
            member.link.end_after(None)

    def _end_one(self, member: Member, then: Callable[[], None]) -> None:
        log.warning("lab.responder_ended", worker=member.responder.worker, in_hand=member.responder.in_hand)
        self.disarm()
        if member in self.members:
            self.members.remove(member)
            self._away += 1
            asyncio.get_running_loop().call_later(AWAY_S, self._come_back)
        member.link.cut()
        member.task.cancel()
        then()

    def _come_back(self) -> None:
        self._away -= 1
        self._fit()


async def _serve(responder: Responder) -> None:
    """Run a responder's two loops, again whenever the broker was lost, until cancelled."""
    loops = [asyncio.create_task(_again(loop)) for loop in (responder.run, responder.watch_stops)]
    try:
        await asyncio.gather(*loops)
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def _again(loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
        except Unavailable as error:
            log.debug("loop.waits", reason=str(error))
        except Exception:
            log.exception("loop.crashed")
        await asyncio.sleep(random.uniform(0, RESTART_S))


async def _end(member: Member) -> None:
    member.task.cancel()
    await asyncio.gather(member.task, return_exceptions=True)
