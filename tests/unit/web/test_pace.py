"""Requests of one address begin one after the other, those of another at once, and one address leaves others most of the time."""

import asyncio
import os
import socket
import time
from itertools import count
from types import SimpleNamespace

import pytest

from myna.web.server import pace as pace_module
from myna.web.server.departures import Departures
from myna.web.server.pace import LONG_PAUSE_S, LONGEST_S, PAUSE_S, RECENT_S, SHARE, TURNS, Activity, Pace
from tests.services.processes import until


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of the loop alone count, however long a busy machine takes for them."""
    monkeypatch.setattr(pace_module, "time", SimpleNamespace(thread_time=lambda: 0.0, monotonic=lambda: 0.0))


@pytest.mark.usefixtures("no_time_passes")
async def test_of_many_requests_of_one_address_one_begins_at_a_time() -> None:
    pace, begun = Pace(Activity(), Departures()), list[str]()

    async def request(name: str) -> None:
        await pace.begin("a")
        begun.append(name)

    tasks = [asyncio.create_task(request(f"a{number}")) for number in range(3)]
    await turns(2)
    first = list(begun)
    await turns(TURNS + 2)
    second = list(begun)
    await asyncio.gather(*tasks)

    assert first == ["a0"]
    assert second == [*first, "a1"]
    assert begun == [*second, "a2"]


@pytest.mark.usefixtures("no_time_passes")
async def test_requests_of_another_address_and_of_one_without_limits_begin_at_once() -> None:
    pace, begun = Pace(Activity(), Departures()), list[str | None]()

    async def request(address: str | None) -> None:
        await pace.begin(address)
        begun.append(address)

    tasks = [asyncio.create_task(request("a")) for _ in range(100)]
    await turns(2)
    tasks += [asyncio.create_task(request(address)) for address in ("b", None, None)]
    await turns(2)
    so_far = list(begun)
    await asyncio.gather(*tasks)

    assert so_far == ["a", "b", None, None]


async def test_while_others_are_there_an_address_has_its_share_of_the_processors_time_and_no_more() -> None:
    activity = Activity()
    pace, many, cpu_s = Pace(activity, Departures()), 20, 0.001
    activity.note("b", asyncio.get_running_loop().time())

    async def request() -> None:
        await pace.begin("a")
        end = time.thread_time() + cpu_s
        while time.thread_time() < end:
            pass

    begun = time.monotonic()
    await asyncio.gather(*(request() for _ in range(many)))

    assert time.monotonic() - begun >= (many - 1) * cpu_s * SHARE


async def test_behind_a_request_that_costs_much_the_pause_may_be_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    activity, waits = Activity(), list[float]()
    # Between two looks the processor worked for a second, and no time passed.
    monkeypatch.setattr(pace_module, "time", SimpleNamespace(thread_time=count().__next__, monotonic=lambda: 0.0))
    for longest_pause_s in (PAUSE_S, LONG_PAUSE_S):
        pace = Pace(activity, Departures())
        activity.note("b", asyncio.get_running_loop().time())
        await pace.begin("a", longest_pause_s)
        begun = time.monotonic()
        await pace.begin("a")
        waits.append(time.monotonic() - begun)

    assert waits[0] >= 0.9 * PAUSE_S
    assert waits[1] >= 0.9 * LONG_PAUSE_S


def test_others_are_there_for_as_long_as_they_sent_something_of_late() -> None:
    activity = Activity()
    activity.note("a", 100)
    alone = activity.others("a", 100)
    activity.note(None, 101)
    activity.note("a", 102)

    assert not alone
    assert [activity.others("a", now) for now in (102, 101 + RECENT_S)] == [True, False]
    assert activity.others("b", 102)


async def test_where_turns_of_the_loop_are_long_a_request_waits_for_one_of_them() -> None:
    pace = Pace(Activity(), Departures())
    await pace.begin("a")
    waiting = asyncio.create_task(pace.begin("a"))
    await turns(1)

    time.sleep(LONGEST_S)  # noqa: ASYNC251 (something else takes so long)
    await turns(3)

    assert waiting.done()


@pytest.mark.usefixtures("no_time_passes")
async def test_a_request_whose_connection_has_ended_holds_up_none_behind_it() -> None:
    pace = Pace(Activity(), Departures())
    await pace.begin("a")
    ended, waiting = asyncio.create_task(pace.begin("a")), asyncio.create_task(pace.begin("a"))
    await turns(1)

    ended.cancel()
    await asyncio.wait_for(waiting, 30)

    assert ended.cancelled()


@pytest.mark.usefixtures("no_time_passes")
async def test_a_request_whose_client_has_gone_waits_for_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "_go_on", lambda *_: None)  # the next turn never comes
    departures = Departures()
    pace, (client, ours) = Pace(Activity(), departures), socket.socketpair()
    with client, ours:
        first = await pace.begin("a")
        waiting = asyncio.create_task(pace.begin("a", descriptor=ours.fileno()))
        await turns(2)
        held = not waiting.done()
        client.send(b"the rest")
        client.close()
        gone = not await asyncio.wait_for(waiting, 30)
        gone_before = not await asyncio.wait_for(pace.begin("a", descriptor=ours.fileno()), 30)
        departures.close()

    assert (first, held, gone, gone_before) == (True, True, True, True)


async def test_of_a_connection_that_is_closed_meanwhile_the_next_one_with_its_descriptor_is_watched() -> None:
    departures, told = Departures(), list[str]()
    (client, ours), other = socket.socketpair(), socket.socketpair()
    with client, other[0], other[1]:
        with departures.watching(ours.fileno(), lambda: told.append("first")):
            descriptor = ours.fileno()
            ours.close()
            again = socket.socket(fileno=os.dup2(other[1].fileno(), descriptor))
            watch = departures.watching(descriptor, lambda: told.append("second"))
            watch.__enter__()
        other[0].close()

        async def is_told() -> bool:
            return told != []

        await until(is_told, 30, "the end of the second connection")
        watch.__exit__(None, None, None)
        again.close()
        departures.close()

    assert told == ["second"]


async def test_an_address_that_sends_no_more_is_forgotten() -> None:
    pace = Pace(Activity(), Departures())
    await asyncio.gather(pace.begin("a"), pace.begin("a"))
    await turns(3 * TURNS)

    assert not pace._queues
