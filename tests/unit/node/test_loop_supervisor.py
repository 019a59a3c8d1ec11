"""Every loop has a watcher: one that ends begins again, one that never mends takes the process down."""

import asyncio

from myna.node.loop_supervisor import CRASHES, RESTART_MAX_S, STEADY_S, Supervisor
from myna.protocol.errors import BrokerUnavailable, StartupError
from tests.simulation.virtual_time import VirtualLoop, run


def test_a_loop_that_ends_or_waits_for_its_far_side_begins_again_for_ever() -> None:
    async def main(loop: VirtualLoop) -> None:
        supervisor, begun = Supervisor(), 0

        async def flickers() -> None:
            nonlocal begun
            begun += 1
            if begun % 2:
                raise BrokerUnavailable("away")

        supervisor.start("flickers", flickers)
        await asyncio.sleep(100 * RESTART_MAX_S)
        assert begun > 50
        assert not supervisor.failed.is_set()
        await supervisor.stop()
        stopped_at = begun
        await asyncio.sleep(100)
        assert begun == stopped_at

    run(main)


def test_a_loop_that_keeps_crashing_takes_the_process_down_with_its_reason() -> None:
    async def main(loop: VirtualLoop) -> None:
        supervisor, begun = Supervisor(), 0

        async def broken() -> None:
            nonlocal begun
            begun += 1
            raise ValueError("a fault of ours")

        supervisor.start("broken", broken)
        async with asyncio.timeout(60):
            await supervisor.failed.wait()
        assert begun == CRASHES
        assert isinstance(supervisor.failure, ValueError)

    run(main)


def test_a_loop_that_crashes_now_and_then_is_forgiven() -> None:
    async def main(loop: VirtualLoop) -> None:
        supervisor, begun = Supervisor(), 0

        async def moody() -> None:
            nonlocal begun
            begun += 1
            await asyncio.sleep(STEADY_S + 1)
            raise ValueError("again")

        supervisor.start("moody", moody)
        await asyncio.sleep(STEADY_S * CRASHES * 4)
        assert begun > CRASHES * 2
        assert not supervisor.failed.is_set()

    run(main)


def test_what_a_restart_cannot_mend_is_not_restarted() -> None:
    async def main(loop: VirtualLoop) -> None:
        supervisor, begun = Supervisor(), 0

        async def old_schema() -> None:
            nonlocal begun
            begun += 1
            raise StartupError("migrate first")

        supervisor.start("old schema", old_schema)
        async with asyncio.timeout(1):
            await supervisor.failed.wait()
        assert begun == 1
        assert isinstance(supervisor.failure, StartupError)

    run(main)


def test_some_loops_can_be_stopped_while_others_go_on() -> None:
    async def main(loop: VirtualLoop) -> None:
        supervisor, running = Supervisor(), set[str]()

        def named(name: str) -> None:
            async def forever() -> None:
                running.add(name)
                try:
                    await asyncio.Event().wait()
                finally:
                    running.discard(name)

            supervisor.start(name, forever)

        for name in ("a", "b", "c"):
            named(name)
        await asyncio.sleep(0)
        await supervisor.stop("b", "unknown")
        assert running == {"a", "c"}
        await supervisor.stop()
        assert running == set()

    run(main)


async def test_a_loop_that_makes_another_error_of_its_cancellation_is_stopped_all_the_same() -> None:
    supervisor, running, begun = Supervisor(), asyncio.Event(), 0

    async def loop() -> None:
        nonlocal begun
        begun += 1
        first = not running.is_set()
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if first:
                raise BrokerUnavailable("The channel was closed.") from None
            raise

    supervisor.start("responder", loop)
    await running.wait()
    stopping = asyncio.create_task(supervisor.stop("responder"))
    done, _ = await asyncio.wait([stopping], timeout=5)
    stopping.cancel()
    assert (len(done), begun) == (1, 1)
