"""Replies of a profile with limits wait for each other, slow each other down, and are turned away when the line is full."""

import asyncio

import pytest

from myna.mock_ai import BUILT_IN, End, Failure, MockBrain, Prompt, parse_scenarios
from myna.mock_ai.port import ReplyStep

TWO = parse_scenarios("profiles: {two: {at_once: 2, waiting: 3, parts_per_s: 100, jitter: 0}}", base=BUILT_IN)
SLOWER = parse_scenarios("profiles: {slower: {slower_from: 2, first_after_s: 1, parts_per_s: 1, jitter: 0}}", base=BUILT_IN)


class Sleeps:
    """Records every wait, and ends all of them together when told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        await self.over.wait()


async def reply(brain: MockBrain, profile: str, key: str, start: int = 0) -> list[ReplyStep]:
    return [step async for step in brain.reply(Prompt(key, "/echo one", profile), start=start)]


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_beyond_the_limit_replies_wait_in_line_and_beyond_the_line_they_are_turned_away() -> None:
    sleeps = Sleeps()
    brain = MockBrain(scenarios=lambda: TWO, sleep=sleeps)
    tasks = [asyncio.create_task(reply(brain, "two", str(n))) for n in range(8)]
    await settled()

    assert len(sleeps.waits) == 2  # being made
    refused = [task.result()[0] for task in tasks if task.done()]
    assert [isinstance(one, Failure) and one.code for one in refused] == ["overloaded"] * 3
    sleeps.over.set()
    replies = await asyncio.gather(*tasks)
    assert [isinstance(steps[-1], End) for steps in replies] == [True] * 5 + [False] * 3


async def test_a_reply_that_goes_on_elsewhere_is_never_turned_away() -> None:
    sleeps = Sleeps()
    brain = MockBrain(scenarios=lambda: TWO, sleep=sleeps)
    tasks = [asyncio.create_task(reply(brain, "two", str(n))) for n in range(5)]
    await settled()
    resumed = asyncio.create_task(reply(brain, "two", "resumed", start=1))
    await settled()
    assert not resumed.done()
    sleeps.over.set()
    await asyncio.gather(*tasks)
    assert isinstance((await resumed)[-1], End)


@pytest.mark.parametrize("given_up", [0, 2])
async def test_whoever_gives_up_leaves_the_place_to_the_next(given_up: int) -> None:
    sleeps = Sleeps()
    brain = MockBrain(scenarios=lambda: TWO, sleep=sleeps)
    tasks = [asyncio.create_task(reply(brain, "two", str(n))) for n in range(4)]
    await settled()
    tasks[given_up].cancel()
    sleeps.over.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, list) for one in ended] == [n != given_up for n in range(4)]
    assert brain._loads == {}


async def test_waits_grow_with_the_number_of_open_replies() -> None:
    sleeps = Sleeps()
    brain = MockBrain(scenarios=lambda: SLOWER, sleep=sleeps)
    tasks = [asyncio.create_task(reply(brain, "slower", str(n))) for n in range(6)]
    await settled()
    assert sleeps.waits == [1.0, 1.0, 1.5, 2.0, 2.5, 3.0]
    sleeps.over.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(("speed", "waits"), [(0, []), (1, [1.0]), (10, [0.1])])
async def test_a_speed_factor_makes_every_wait_shorter_and_none_makes_none(speed: float, waits: list[float]) -> None:
    sleeps = Sleeps()
    sleeps.over.set()
    brain = MockBrain(scenarios=lambda: SLOWER, sleep=sleeps, speed=speed)
    assert isinstance((await reply(brain, "slower", "key"))[-1], End)
    assert sleeps.waits == waits
