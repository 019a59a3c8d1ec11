"""Replies that are made side by side say their parts at common moments, and each keeps its own pace all the same."""

import asyncio

import pytest

from myna.mock_ai import MockBrain, Part, Prompt, Ticks, parse_scenarios
from myna.mock_ai.ticks import TICK_S
from tests.simulation.virtual_time import VirtualLoop, run


def said_at(gap_s: float, *starts: float) -> list[list[float]]:
    """When each part of replies that begin at these moments is said, in seconds of virtual time."""
    scenario = {"parts": [{"text": "word ", "after_s": gap_s}] * 60}
    scenarios = parse_scenarios(f'{{"scenarios": {{"even": {scenario!r}}}}}')
    brain = MockBrain(scenarios=lambda: scenarios, sleep=Ticks().sleep)

    async def reply(loop: VirtualLoop, start: float) -> list[float]:
        await asyncio.sleep(start)
        prompt = Prompt("key", "hello", scenario="even")
        return [loop.time() async for step in brain.reply(prompt) if isinstance(step, Part)]

    async def all_of_them(loop: VirtualLoop) -> list[list[float]]:
        return list(await asyncio.gather(*(reply(loop, start) for start in starts)))

    return run(all_of_them)


def test_parts_that_are_due_within_a_tick_are_said_together() -> None:
    one, other = said_at(0.02, 0.0, 0.004)
    assert one == other


@pytest.mark.parametrize("gap_s", [0.003, 0.014, 0.015, 0.02, 0.033])
def test_a_pace_is_kept_also_where_it_is_no_multiple_of_a_tick(gap_s: float) -> None:
    (moments,) = said_at(gap_s, 0.0)
    assert moments == pytest.approx([gap_s * number for number in range(1, 61)], abs=TICK_S / 2 + 1e-6)


def test_a_sleeper_that_is_cancelled_wakes_nobody_and_lets_nobody_sleep_on() -> None:
    async def main(loop: VirtualLoop) -> None:
        ticks = Ticks()
        cancelled, other = (asyncio.create_task(ticks.sleep(1.0)) for _ in range(2))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert not other.done()
        await other
        assert loop.time() == pytest.approx(1.0)

    run(main)
