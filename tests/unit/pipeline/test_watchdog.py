"""The watchdog acts on silence only where this node would have read an event, had there been one."""

import asyncio
from collections.abc import Awaitable, Callable

from myna.broker.port import QueueState
from myna.core.projection import Projection
from myna.pipeline.watchdog import SILENT_S, UNBEGUN_S, Watchdog
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.topology import WORK_QUEUE, RoutingKey
from tests.simulation.virtual_time import VirtualLoop, run
from tests.unit.log_events import accepted_message, record, started

ABANDONED_S = 20.0
HI = accepted_message(1)


class Broker:
    """Takes everything; its work queue holds `depth` messages."""

    def __init__(self) -> None:
        self.up = True
        self.depth = 0
        self.published: list[tuple[RoutingKey, e.LogLine]] = []

    def submit(self, key: RoutingKey, lines: list[bytes]) -> "asyncio.Future[None]":
        self.published += [(key, log_codec.read_line(line)) for line in lines]
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def queue_states(self) -> list[QueueState]:
        return [QueueState(WORK_QUEUE, depth=self.depth)]


class Watched:
    """A watchdog over one open reply of which no event is read after second 0."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.broker = Broker()
        self.looks = 0  # how often unseen submissions were looked after
        self._projection = Projection("e1")
        self._projection.fold(record(0, HI), 0.0)
        self.watchdog = Watchdog(self.broker, self._projection, self._look, abandoned_s=ABANDONED_S)  # type: ignore[arg-type]

    def begin(self) -> None:
        """A responder says that it has begun the reply."""
        self._projection.fold(record(1, started(HI)), 0.0)

    def _look(self) -> None:
        self.looks += 1

    @property
    def published(self) -> list[tuple[RoutingKey, str]]:
        return [(key, event.type) for key, event in self.broker.published]


def watched(test: Callable[[Watched], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        one = Watched(loop)
        running = asyncio.create_task(one.watchdog.run())
        await test(one)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(main)


ABANDONED = (RoutingKey.EVENT, "reply.failed")


def test_a_reply_without_events_ends_after_a_bounded_time() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(ABANDONED_S - 2)
        assert ABANDONED not in one.published
        await asyncio.sleep(4)
        assert ABANDONED in one.published
        failed = one.broker.published[-1][1]
        assert isinstance(failed, e.ReplyFailed)
        assert (failed.reply_id, failed.code, failed.retryable) == (HI.reply_id, "abandoned", True)

    watched(test)


def test_a_node_that_has_not_caught_up_does_nothing() -> None:
    async def test(one: Watched) -> None:
        await asyncio.sleep(2 * ABANDONED_S)
        assert (one.looks, one.published) == (0, [])
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(3)
        assert one.looks > 0
        one.watchdog.catching_up()
        before = one.looks
        await asyncio.sleep(2 * ABANDONED_S)
        assert (one.looks, one.published) == (before, [])

    watched(test)


def test_with_the_broker_away_nothing_is_judged_and_its_time_does_not_count() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.caught_up(0.0)
        one.broker.up = False
        await asyncio.sleep(3 * ABANDONED_S)
        assert (one.looks, one.published) == (0, [])
        one.broker.up = True
        await asyncio.sleep(ABANDONED_S - 2)
        assert one.looks > 0
        assert ABANDONED not in one.published
        await asyncio.sleep(5)
        assert ABANDONED in one.published

    watched(test)


def test_a_node_that_was_frozen_does_not_take_its_own_silence_for_others() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(1)
        one.loop.call_later(0.1, lambda: setattr(one.loop, "now", one.loop.now + 3 * ABANDONED_S))
        await asyncio.sleep(5)
        assert one.loop.now > 3 * ABANDONED_S
        await asyncio.sleep(3)
        assert one.published == []
        await asyncio.sleep(ABANDONED_S)
        assert ABANDONED in one.published

    watched(test)


def test_a_job_that_the_queue_has_lost_is_queued_again_once() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(UNBEGUN_S - 1)
        assert one.published == []
        await asyncio.sleep(ABANDONED_S - UNBEGUN_S - 1)
        assert one.published == [(RoutingKey.WORK, "message.created")]

    watched(test)


def test_a_job_that_somebody_has_begun_is_queued_again_once_after_half_the_time() -> None:
    async def test(one: Watched) -> None:
        one.begin()
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(ABANDONED_S / 2 - 1)
        assert one.published == []
        await asyncio.sleep(ABANDONED_S / 2 - 1)
        assert one.published == [(RoutingKey.WORK, "message.created")]

    watched(test)


def test_a_long_queue_explains_silence() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.caught_up(0.0)
        one.broker.depth = 1
        await asyncio.sleep(10 * ABANDONED_S)
        assert one.published == []

    watched(test)


def test_once_the_log_was_replaced_open_jobs_are_queued_again_once() -> None:
    async def test(one: Watched) -> None:
        one.watchdog.log_replaced()
        one.watchdog.caught_up(0.0)
        await asyncio.sleep(2 * SILENT_S - 1)
        assert one.published == []
        await asyncio.sleep(8)
        assert one.published == [(RoutingKey.WORK, "message.created")]

    watched(test)
