"""Long work leaves the event loop to the others after each slice, however many pieces of it there are."""

import asyncio
import time

from myna.slices import FREE_SLICES, REST, SLICE_S, sliced


async def work(steps: int, done: list[str], name: str = "") -> None:
    """So many steps, of which each is a slice."""
    async with sliced() as pause:
        for _ in range(steps):
            begun = time.monotonic()
            while time.monotonic() - begun <= SLICE_S:
                pass
            done.append(name)
            await pause()


async def test_others_run_between_two_slices_and_never_wait_for_two() -> None:
    done: list[str] = []
    working = [asyncio.create_task(work(5, done, name)) for name in "abc"]
    most = 0
    while not all(one.done() for one in working):
        before = len(done)
        await asyncio.sleep(0)
        most = max(most, len(done) - before)
    assert (len(done), most) == (15, 1)


async def test_pieces_of_work_take_turns() -> None:
    done: list[str] = []
    await asyncio.gather(*(work(3, done, name) for name in "abc"))
    assert "".join(done) == "abcabcabc"


async def test_long_work_rests_between_its_slices_so_that_the_loop_is_free_most_of_the_time() -> None:
    steps, begun = FREE_SLICES + 10, time.monotonic()

    await work(steps, [])

    assert time.monotonic() - begun >= steps * SLICE_S * (1 + REST) - 2 * REST * SLICE_S


async def test_a_short_piece_of_work_is_not_held_up_and_the_one_behind_it_is() -> None:
    begun = time.monotonic()
    ended: list[float] = []

    async def piece() -> None:
        await work(2, [])
        ended.append(time.monotonic() - begun)

    await asyncio.gather(*(piece() for _ in range(5)))

    assert ended[-1] - ended[0] >= 2 * 2 * SLICE_S * (1 + REST)  # and a third of it without the rest


async def test_work_that_takes_no_time_is_not_interrupted() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with sliced():  # another test's work may still rest
        pass
    await asyncio.sleep(0.01)
    counting = asyncio.create_task(count())
    async with sliced() as pause:
        for _ in range(10):
            await pause()
    counting.cancel()
    assert turns <= 2


async def test_work_that_is_cancelled_while_it_waits_for_its_turn_holds_up_nobody() -> None:
    done: list[str] = []
    first, second, third = (asyncio.create_task(work(3, done, name)) for name in "abc")
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await third
    await work(1, done, "d")
    assert done.count("c") == 3
    assert done[-1] == "d"


def test_each_event_loop_has_turns_of_its_own() -> None:
    for _ in range(2):
        done: list[str] = []

        async def both(done: list[str] = done) -> None:
            await asyncio.gather(work(2, done, "a"), work(2, done, "b"))

        asyncio.run(both())
        assert "".join(done) == "abab"
