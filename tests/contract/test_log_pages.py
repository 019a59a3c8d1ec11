"""Pages of the log are the same on every broker: forwards, backwards, live, and over records that nobody wants."""

import asyncio
import json

import pytest

from myna.broker.port import Broker
from myna.core.log_lines import Wanted
from myna.core.projection import Projection
from myna.pipeline import log_pages
from myna.pipeline.log_pages import LogPage, LogPages
from myna.pipeline.log_span import LogSpan
from myna.protocol.topology import RoutingKey
from tests.contract.broker_fixtures import in_time, publish, read

ALL = Wanted()


def line(number: int, owner: str = "ann") -> bytes:
    return json.dumps({"owner": owner, "type": "reply.delta", "index": number}).encode()


def numbers(page: LogPage) -> list[int]:
    return [one.event["index"] for one in page.lines if one.event]


async def grow(broker: Broker, projection: Projection, *bodies: bytes) -> None:
    """Publish records, a record each, and have the projection read them."""
    await publish(broker, RoutingKey.EVENT, *bodies)
    for record in await read(broker, projection.reached.offset + 1, len(bodies)):
        projection.fold(record, 0.0)


@pytest.fixture
async def projection(broker: Broker) -> Projection:
    """Of a log that has ten records: every third is Ben's."""
    projection = Projection("e")
    await grow(broker, projection, *(line(number, "ben" if number % 3 == 0 else "ann") for number in range(10)))
    return projection


async def test_pages_lead_through_the_log_both_ways(broker: Broker, projection: Projection, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = LogPages(broker, projection)
    monkeypatch.setattr(log_pages, "FIRST_STEP", 2)

    newest = await pages.before(None, ALL, 4)
    older = await pages.before(newest.before, ALL, 4)
    oldest = await pages.before(older.before, ALL, 4)
    assert [numbers(page) for page in (newest, older, oldest)] == [[6, 7, 8, 9], [2, 3, 4, 5], [0, 1]]
    assert (newest.after, oldest.before) == (9, None)

    first = await pages.after(-1, ALL, 4)
    second = await pages.after(first.after, ALL, 4)
    assert (numbers(first), numbers(second), first.before) == ([0, 1, 2, 3], [4, 5, 6, 7], None)
    assert numbers(await pages.after(9, ALL, 4)) == []

    assert numbers(await pages.before(None, Wanted(owner="ben"), 3)) == [3, 6, 9]
    assert numbers(await pages.after(3, Wanted(owner="ben"), 5)) == [6, 9]
    assert await LogSpan(broker, projection).ends() == (0, 9)

    monkeypatch.setattr(log_pages, "SCAN_RECORDS", 3)
    short = await pages.after(0, Wanted(owner="ben"), 5)
    assert (numbers(short), short.after) == ([3], 3), "it looks at so many records, and says how far it got"
    back = await pages.before(9, Wanted(owner="nobody"), 5)
    assert (numbers(back), back.before) == ([], 6)


async def test_a_follower_gets_what_it_wants_when_it_comes(broker: Broker, projection: Projection) -> None:
    pages = LogPages(broker, projection)
    following = asyncio.create_task(pages.after(9, Wanted(owner="ben"), 5, wait_s=20))
    await grow(broker, projection, line(10), line(11, "ben"))

    page = await in_time(following)

    assert (numbers(page), page.after) == ([11], 11)
    assert numbers(await pages.after(11, ALL, 5, wait_s=0.05)) == []


async def test_a_record_of_many_lines_is_not_cut(broker: Broker, projection: Projection) -> None:
    pages = LogPages(broker, projection)
    await grow(broker, projection, b"\n".join([line(10), b"no event", line(12)]))

    assert numbers(await pages.before(None, ALL, 2)) == [10, 12]
    assert numbers(await pages.before(None, ALL, 4)) == [9, 10, 12]
    assert numbers(await pages.after(8, ALL, 2)) == [9]
    assert numbers(await pages.after(9, ALL, 2)) == [10, 12]
