"""Group commit: what waits travels together, and a failure is a failure of all that comes after it."""

import asyncio

import pytest

from myna.broker.group_commit import GroupCommit
from myna.protocol.errors import BrokerUnavailable


class Far:
    """A far side that confirms when it is told to, and remembers what it was given."""

    def __init__(self) -> None:
        self.flushes: list[list[int]] = []
        self.open = asyncio.Event()
        self.error: BaseException | None = None

    async def flush(self, lines: list[int]) -> None:
        self.flushes.append(lines)
        await self.open.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def far() -> Far:
    return Far()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_lone_line_goes_alone_and_at_once(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=3)
    future = commit.submit([1])
    await settled()
    assert far.flushes == [[1]]
    assert not future.done()
    far.open.set()
    await future
    await commit.close()


async def test_what_waits_goes_together_as_the_next_ones_in_order(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=3)
    first = commit.submit([1])
    await settled()
    rest = [commit.submit([n]) for n in range(2, 9)]
    await settled()
    assert far.flushes == [[1]]
    far.open.set()
    await asyncio.gather(first, *rest)
    assert far.flushes == [[1], [2, 3, 4], [5, 6, 7], [8]]
    await commit.close()


async def test_one_call_is_never_split_even_beyond_the_limit(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=3)
    far.open.set()
    await asyncio.gather(commit.submit([1, 2]), commit.submit([3, 4]), commit.submit([5]), commit.submit([6, 7, 8, 9]))
    assert far.flushes == [[1, 2], [3, 4, 5], [6, 7, 8, 9]]
    await commit.close()


@pytest.mark.parametrize("error", [BrokerUnavailable("away"), ValueError("a bug"), TimeoutError()])
async def test_a_failure_fails_all_that_waits_behind_it_and_nothing_later(far: Far, error: Exception) -> None:
    commit = GroupCommit(far.flush, limit=2)
    far.error = error
    futures = [commit.submit([n]) for n in range(5)]
    far.open.set()
    for future in futures:
        with pytest.raises(BrokerUnavailable):
            await future
    assert far.flushes == [[0, 1]]
    far.error = None
    await commit.submit([9])
    assert far.flushes == [[0, 1], [9]]
    await commit.close()


async def test_a_full_waiting_room_refuses_at_once_and_keeps_what_it_has(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=2, max_waiting=4)
    under_way = commit.submit([0])
    await settled()
    waiting = [commit.submit([n, n]) for n in (1, 2)]
    refused = commit.submit([3])
    assert refused.done()
    with pytest.raises(BrokerUnavailable, match="4 lines wait"):
        await refused
    far.open.set()
    await asyncio.gather(under_way, *waiting)
    await commit.submit([4])
    await commit.close()


async def test_who_gives_up_waiting_takes_nobody_along(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=3)
    given_up, other = commit.submit([1]), commit.submit([2])
    given_up.cancel()
    far.open.set()
    await other
    assert far.flushes == [[1, 2]]
    await commit.close()


async def test_drain_waits_for_everything_and_close_fails_what_is_left(far: Far) -> None:
    commit = GroupCommit(far.flush, limit=1)
    futures = [commit.submit([n]) for n in range(3)]
    draining = asyncio.create_task(commit.drain())
    await settled()
    assert not draining.done()
    far.open.set()
    await draining
    assert all(future.done() for future in futures)
    far.open.clear()
    left = [commit.submit([n]) for n in range(3)]
    await settled()
    await commit.close()
    for future in left:
        with pytest.raises(BrokerUnavailable, match="closed"):
            await future
    at_once = commit.submit([9])
    await commit.close()  # before its task has had a turn
    with pytest.raises(BrokerUnavailable):
        await at_once


async def test_a_failure_that_nobody_looks_at_makes_no_noise(far: Far, caplog: pytest.LogCaptureFixture) -> None:
    commit = GroupCommit(far.flush, limit=1)
    far.error = BrokerUnavailable("away")
    far.open.set()
    commit.submit([1])
    await commit.drain()
    await settled()
    assert not caplog.records
