"""Requests of one address begin one after the other, those of another at once."""

import asyncio
import time

from myna.web.server.pace import LONGEST_S, TURNS, Pace


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_of_many_requests_of_one_address_one_begins_at_a_time_and_anothers_at_once() -> None:
    pace, begun = Pace(), list[str]()

    async def request(address: str | None, name: str) -> None:
        await pace.begin(address)
        begun.append(name)

    tasks = [asyncio.create_task(request("a", f"a{number}")) for number in range(3)]
    await turns(2)
    tasks += [asyncio.create_task(request("b", "b0")), asyncio.create_task(request(None, "unlimited"))]
    await turns(2)
    first = list(begun)
    await turns(TURNS)
    second = list(begun)
    await asyncio.gather(*tasks)

    assert first == ["a0", "b0", "unlimited"]
    assert second == [*first, "a1"]
    assert begun == [*second, "a2"]


async def test_where_turns_of_the_loop_are_long_a_request_waits_for_one_of_them() -> None:
    pace = Pace()
    await pace.begin("a")
    waiting = asyncio.create_task(pace.begin("a"))
    await turns(1)

    time.sleep(LONGEST_S)  # noqa: ASYNC251 (something else takes so long)
    await turns(3)

    assert waiting.done()


async def test_a_request_whose_connection_has_ended_holds_up_none_behind_it() -> None:
    pace = Pace()
    await pace.begin("a")
    ended, waiting = asyncio.create_task(pace.begin("a")), asyncio.create_task(pace.begin("a"))
    await turns(1)

    ended.cancel()
    await asyncio.wait_for(waiting, 30)

    assert ended.cancelled()


async def test_an_address_that_sends_no_more_is_forgotten() -> None:
    pace = Pace()
    await asyncio.gather(pace.begin("a"), pace.begin("a"))
    await turns(3 * TURNS)

    assert not pace._waiting
