"""How far a reply got is read in the log, and what is wrong with one job is no other job's trouble."""

import asyncio

import pytest
from msgspec.structs import replace

from myna.pipeline.reply_progress import ReplyProgress
from myna.protocol import events as e
from myna.protocol import timestamps
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import Cluster, in_cluster, simulated
from tests.unit.log_events import BEN, accepted_message, accepted_regenerate, body, completed, part, started, stopped

HI = accepted_message(1, when="2026-01-01T00:00:00.000Z")
LOGS: dict[str, tuple[list[e.LogLine], int | None]] = {
    "nothing yet": ([HI], 0),
    "some parts": ([HI, started(HI), part(HI, 0, "a"), part(HI, 1, "b")], 2),
    "a part twice and one too far": ([HI, started(HI), part(HI, 0, "a"), part(HI, 0, "a"), part(HI, 2, "c")], 1),
    "its end": ([HI, started(HI), part(HI, 0, "a"), completed(HI, ["a"])], None),
    "an end before which parts are missing": ([HI, started(HI), completed(HI, ["a"])], 0),
    "a stop": ([HI, started(HI), stopped(HI)], None),
    "a stop of another reply": ([HI, started(HI), part(HI, 0, "a"), stopped(accepted_regenerate(2, HI))], 1),
    "somebody else's end": ([HI, started(HI), replace(completed(HI, []), owner=BEN)], 0),
    "an answer before the message": ([part(HI, 0, "a"), completed(HI, ["a"]), HI], 0),
    "an older attempt's end after a new beginning": (
        [HI, started(HI), part(HI, 0, "a"), started(HI, 2, restarted=True), completed(HI, ["a"])], 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LOGS)
def test_the_progress_of_a_reply_is_what_every_reader_of_the_log_sees(what: str) -> None:
    events, parts = LOGS[what]

    async def test(cluster: Cluster) -> None:
        for event in events:
            await cluster.broker.submit(RoutingKey.EVENT, [body(event)])
        await cluster.broker.submit(RoutingKey.EVENT, [f'{{"reply_id":"{HI.reply_id}","type":"stop.requested"}}'.encode()])
        known = await ReplyProgress(cluster.broker).progress([HI])
        assert (len(known[HI.reply_id].parts) if HI.reply_id in known else None) == parts

    in_cluster(test)


@simulated
async def test_requests_at_the_same_time_share_one_read_of_the_log(cluster: Cluster) -> None:
    jobs = [accepted_message(number, when=timestamps.now()) for number in range(1, 30)]
    for job in jobs:
        await cluster.broker.submit(RoutingKey.MESSAGE, [body(job)])
    progress = ReplyProgress(cluster.broker)
    found = await asyncio.gather(*(progress.progress([job]) for job in jobs))
    assert all(job.reply_id in known for job, known in zip(jobs, found, strict=True))
    assert sum(b"log.mark" in record.body for record in cluster.broker.queues.log) <= 2


# No node writes such a time. A release with a bug might, and whoever publishes to the queue by hand.
ODD_TIMES = ("2026-01-01T00:00:00.000", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "soon")


@pytest.mark.parametrize("at", ODD_TIMES)
@simulated
async def test_a_job_with_an_odd_time_fails_nobody_elses_request(cluster: Cluster, at: str) -> None:
    progress = ReplyProgress(cluster.broker)
    good = [accepted_message(number, when=timestamps.now()) for number in (1, 2)]
    for job in good:
        await cluster.broker.submit(RoutingKey.MESSAGE, [body(job, started(job), part(job, 0, "a"))])
    odd = replace(accepted_message(3), at=at)
    first, _, second = await asyncio.gather(*(progress.progress([job]) for job in (good[0], odd, good[1])), return_exceptions=True)
    for job, found in ((good[0], first), (good[1], second)):
        assert isinstance(found, dict), found
        assert found[job.reply_id].parts == ["a"]


@simulated
async def test_a_lost_broker_fails_every_request_and_the_next_one_is_answered(cluster: Cluster) -> None:
    progress = ReplyProgress(cluster.broker)
    cluster.broker.lose()
    results = await asyncio.gather(*(progress.progress([accepted_message(number)]) for number in (1, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [BrokerUnavailable, BrokerUnavailable]
    cluster.broker.recover()
    assert (await progress.progress([HI]))[HI.reply_id].parts == []


@simulated
async def test_a_request_that_was_given_up_takes_no_other_along(cluster: Cluster) -> None:
    progress = ReplyProgress(cluster.broker)
    given_up = asyncio.create_task(progress.progress([accepted_message(1)]))
    other = asyncio.create_task(progress.progress([accepted_message(2)]))
    await asyncio.sleep(0)
    given_up.cancel()
    assert accepted_message(2).reply_id in await other


@simulated
async def test_a_read_that_is_cancelled_leaves_nobody_waiting(cluster: Cluster) -> None:
    progress = ReplyProgress(cluster.link())
    odd = replace(accepted_message(1), at="soon")  # each request is then read for by itself, one after the other
    waiting = [asyncio.create_task(progress.progress([job])) for job in (odd, accepted_message(2), accepted_message(3))]
    await asyncio.wait(waiting[:1])
    assert progress._reading is not None
    progress._reading.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, BrokerUnavailable, BrokerUnavailable]
