"""Group commit: what waits is flushed together, and a failed flush fails all that waits behind it."""

import asyncio

import pytest

from myna.broker.group_commit import GroupCommit
from myna.protocol.errors import BrokerUnavailable


class Receiver:
    """Confirms flushes when the test opens it, and keeps what it was given."""

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
def receiver() -> Receiver:
    return Receiver()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_line_alone_is_flushed_alone_and_at_once(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=3)
    future = commit.submit([1])
    await settled()
    assert receiver.flushes == [[1]]
    assert not future.done()
    receiver.open.set()
    await future
    await commit.close()


async def test_lines_that_wait_are_flushed_together_next_in_order(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=3)
    first = commit.submit([1])
    await settled()
    rest = [commit.submit([n]) for n in range(2, 9)]
    await settled()
    assert receiver.flushes == [[1]]
    receiver.open.set()
    await asyncio.gather(first, *rest)
    assert receiver.flushes == [[1], [2, 3, 4], [5, 6, 7], [8]]
    await commit.close()


async def test_one_call_is_never_split_even_beyond_the_limit(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=3)
    receiver.open.set()
    await asyncio.gather(commit.submit([1, 2]), commit.submit([3, 4]), commit.submit([5]), commit.submit([6, 7, 8, 9]))
    assert receiver.flushes == [[1, 2], [3, 4, 5], [6, 7, 8, 9]]
    await commit.close()


async def test_no_more_bytes_travel_together_than_a_broker_takes_but_for_the_lines_of_one_call(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=100, size=lambda megabytes: megabytes * 1024**2)
    receiver.open.set()
    await asyncio.gather(*(commit.submit(megabytes) for megabytes in ([1], [2, 1], [1], [3], [9], [4])))
    assert receiver.flushes == [[1, 2, 1], [1, 3], [9], [4]]
    await commit.close()


@pytest.mark.parametrize("error", [BrokerUnavailable("away"), ValueError("a bug"), TimeoutError()])
async def test_a_failure_fails_all_that_waits_behind_it_and_nothing_later(receiver: Receiver, error: Exception) -> None:
    commit = GroupCommit(receiver.flush, limit=2)
    receiver.error = error
    futures = [commit.submit([n]) for n in range(5)]
    receiver.open.set()
    for future in futures:
        with pytest.raises(BrokerUnavailable):
            await future
    assert receiver.flushes == [[0, 1]]
    receiver.error = None
    await commit.submit([9])
    assert receiver.flushes == [[0, 1], [9]]
    await commit.close()


async def test_a_full_queue_refuses_at_once_and_keeps_what_it_has(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=2, max_waiting=4)
    under_way = commit.submit([0])
    await settled()
    waiting = [commit.submit([n, n]) for n in (1, 2)]
    refused = commit.submit([3])
    assert refused.done()
    with pytest.raises(BrokerUnavailable, match="4 lines wait"):
        await refused
    receiver.open.set()
    await asyncio.gather(under_way, *waiting)
    await commit.submit([4])
    await commit.close()


async def test_a_cancelled_submitter_fails_no_other(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=3)
    given_up, other = commit.submit([1]), commit.submit([2])
    given_up.cancel()
    receiver.open.set()
    await other
    assert receiver.flushes == [[1, 2]]
    await commit.close()


async def test_closing_flushes_what_waits_and_fails_what_takes_too_long(receiver: Receiver) -> None:
    commit = GroupCommit(receiver.flush, limit=1)
    futures = [commit.submit([n]) for n in range(3)]
    closing = asyncio.create_task(commit.close(within_s=60))
    await settled()
    assert not closing.done()
    receiver.open.set()
    await closing
    assert [future.exception() for future in futures] == [None, None, None]
    receiver.open.clear()
    left = [commit.submit([n]) for n in range(3)]
    await commit.close(within_s=0.01)
    for future in left:
        with pytest.raises(BrokerUnavailable, match="closed"):
            await future
    at_once = commit.submit([9])
    await commit.close()  # before its task has had a turn
    with pytest.raises(BrokerUnavailable):
        await at_once


async def test_a_failure_that_nobody_looks_at_makes_no_noise(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    commit = GroupCommit(receiver.flush, limit=1)
    receiver.error = BrokerUnavailable("away")
    receiver.open.set()
    commit.submit([1])
    await settled()
    assert not caplog.records
