"""A reply reaches the log in few publishes, in order, without a gap, and no faster than the broker takes it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import msgspec
import pytest

from myna.broker.group_commit import GroupCommit
from myna.broker.port import Broker
from myna.core.replies import OpenReply
from myna.mock_ai.port import Brain, End, Failure, Part, Prompt, ReplyStep, Tool
from myna.pipeline.reply_publisher import MAX_UNCONFIRMED, ReplyPublisher, prompt_of
from myna.protocol import events as e
from myna.protocol.errors import BrokerUnavailable
from myna.protocol.jobs import JobOptions, MessageJob
from myna.protocol.topology import GROUP_LINES, RoutingKey
from myna.telemetry.responder import ResponderMetrics
from tests.unit.log_events import accepted_message

DONE = End("stop", 0.0)
LAST = 3 * MAX_UNCONFIRMED  # the number of the last of more parts than two publishes take


class SteppedBroker:
    """Takes publishes as group commit makes them, and confirms each one when the test says so."""

    def __init__(self) -> None:
        self.publishes: list[list[dict[str, Any]]] = []
        self._confirms: list[asyncio.Future[None]] = []
        self._group_commit = GroupCommit(self._publish, limit=GROUP_LINES)

    def submit(self, key: RoutingKey, lines: list[bytes]) -> "asyncio.Future[None]":
        assert key is RoutingKey.EVENT
        return self._group_commit.submit(lines)

    async def _publish(self, lines: list[bytes]) -> None:
        self.publishes.append([json.loads(line) for line in lines])
        self._confirms.append(asyncio.get_running_loop().create_future())
        await self._confirms[-1]

    async def confirm(self) -> None:
        self._confirms[-1].set_result(None)
        await settled()

    async def fail(self) -> None:
        self._confirms[-1].set_exception(BrokerUnavailable("The broker is away."))
        await settled()

    async def close(self) -> None:
        await self._group_commit.close()

    @property
    def published(self) -> list[list[str]]:
        """The events of each publish, told by their part's text or their type."""
        return [[event["text" if event["type"] == "reply.delta" else "type"] for event in publish] for publish in self.publishes]


class SteppedBrain:
    """Says what the test hands it, when the test does."""

    deterministic = True

    def __init__(self, *at_once: ReplyStep) -> None:
        self._steps: asyncio.Queue[ReplyStep] = asyncio.Queue()
        self.said = 0
        for step in at_once:
            self._steps.put_nowait(step)

    async def say(self, *steps: ReplyStep) -> None:
        for step in steps:
            self._steps.put_nowait(step)
        await settled()

    def history_limit(self, seed: int | None) -> int:
        return 0

    async def reply(self, prompt: Prompt, *, start: int = 0) -> AsyncIterator[ReplyStep]:
        while True:
            # What is there already is handed over without a pause, as a brain does that has nothing to wait for.
            step = self._steps.get_nowait() if not self._steps.empty() else await self._steps.get()
            self.said += 1
            yield step
            if not isinstance(step, Part):
                return


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def parts(first: int, last: int) -> list[Part]:
    return [Part(str(number), 0.0) for number in range(first, last + 1)]


def texts(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


JOB = MessageJob(**msgspec.structs.asdict(accepted_message(1)))


async def publishing(
    broker: SteppedBroker, brain: SteppedBrain, reply: OpenReply | None = None, stopped: Callable[[], bool] = lambda: False
) -> "asyncio.Task[None]":
    """A publisher at work, as far as it gets by itself."""
    reply = reply or OpenReply(JOB, e.BEGINNING, 0.0)
    job = msgspec.structs.replace(JOB, at=reply.job.at)
    publisher = ReplyPublisher(cast(Broker, broker), cast(Brain, brain), "worker", job, reply, ResponderMetrics())
    task = asyncio.create_task(publisher.run(stopped))
    await settled()
    return task


@pytest.fixture
async def broker() -> AsyncIterator[SteppedBroker]:
    broker = SteppedBroker()
    yield broker
    await broker.close()


async def test_a_reply_said_at_once_costs_one_publish(broker: SteppedBroker) -> None:
    task = await publishing(broker, SteppedBrain(*parts(0, 19), DONE))
    assert broker.published == [["reply.started", *texts(0, 19), "reply.completed"]]
    assert not task.done(), "it returns when the last event is confirmed"
    await broker.confirm()
    await task
    assert len(broker.publishes) == 1


async def test_the_first_part_is_published_at_once_though_the_rest_takes_its_time(broker: SteppedBroker) -> None:
    brain = SteppedBrain(*parts(0, 0))
    task = await publishing(broker, brain)
    assert broker.published == [["reply.started", "0"]]
    await broker.confirm()
    await brain.say(*parts(1, 1))
    assert broker.published[1:] == [["1"]]
    await broker.confirm()
    await brain.say(DONE)
    await broker.confirm()
    await task


async def test_parts_said_while_a_publish_is_under_way_travel_together_in_the_next_one(broker: SteppedBroker) -> None:
    brain = SteppedBrain()
    task = await publishing(broker, brain)
    for part in parts(0, 4):
        await brain.say(part)
    assert broker.published == [["reply.started"]]
    await broker.confirm()
    assert broker.published[1:] == [texts(0, 4)]
    await brain.say(DONE)
    await broker.confirm()
    await broker.confirm()
    await task
    assert broker.published[2:] == [["reply.completed"]]


async def test_a_slow_broker_slows_the_brain_down(broker: SteppedBroker) -> None:
    brain = SteppedBrain(*parts(0, LAST), DONE)
    task = await publishing(broker, brain)
    assert brain.said == MAX_UNCONFIRMED - 1, "the start counts too"
    await broker.confirm()
    assert brain.said == 2 * MAX_UNCONFIRMED - 1
    while not task.done():
        await broker.confirm()
    assert [text for publish in broker.published for text in publish] == ["reply.started", *texts(0, LAST), "reply.completed"]


async def test_a_brain_with_pauses_is_held_back_by_an_unconfirmed_publish_too(broker: SteppedBroker) -> None:
    brain = SteppedBrain()
    task = await publishing(broker, brain)
    for part in parts(0, LAST):
        await brain.say(part)
    assert brain.said == MAX_UNCONFIRMED - 1
    task.cancel()
    await asyncio.wait([task])


async def test_confirmed_parts_do_not_count_as_under_way(broker: SteppedBroker) -> None:
    brain = SteppedBrain()
    task = await publishing(broker, brain)
    await broker.confirm()
    for number in range(0, 3 * MAX_UNCONFIRMED, 2):
        await brain.say(Part(str(number), 0.0))
        await brain.say(Part(str(number + 1), 0.0))
        assert brain.said == number + 2, "it waited for no confirm"
        await broker.confirm()
        await broker.confirm()
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("later", [0, 1])
async def test_after_a_failed_publish_nothing_more_is_published(broker: SteppedBroker, later: int) -> None:
    brain = SteppedBrain()
    task = await publishing(broker, brain)
    await broker.confirm()
    await brain.say(*parts(0, 0))
    await brain.say(*parts(1, later))  # with 1, a part waits behind the publish that fails
    await broker.fail()
    await brain.say(*parts(2, 3), DONE)
    with pytest.raises(BrokerUnavailable):
        await task
    assert broker.published == [["reply.started"], ["0"]]


async def test_a_publish_that_fails_at_the_moment_at_which_a_part_is_said_leaves_no_gap(broker: SteppedBroker) -> None:
    brain = SteppedBrain()
    task = await publishing(broker, brain)
    await broker.confirm()
    await brain.say(*parts(0, 0))
    brain._steps.put_nowait(Part("1", 0.0))  # wakes the brain in the same iteration of the loop in which the publish fails
    broker._confirms[-1].set_exception(BrokerUnavailable("The broker is away."))
    await settled()
    await brain.say(*parts(2, 2))
    with pytest.raises(BrokerUnavailable):
        await task
    assert broker.published == [["reply.started"], ["0"]]


async def test_a_stopped_reply_ends_early_and_without_an_end_of_its_own(broker: SteppedBroker) -> None:
    stops: list[bool] = []
    brain = SteppedBrain(*parts(0, 0))
    task = await publishing(broker, brain, stopped=lambda: bool(stops))
    stops.append(True)
    await brain.say(*parts(1, 1))
    await broker.confirm()
    await task
    assert broker.published == [["reply.started", "0"]]


async def test_a_reply_stopped_before_it_began_is_not_begun(broker: SteppedBroker) -> None:
    await (await publishing(broker, SteppedBrain(DONE), stopped=lambda: True))
    assert broker.publishes == []


async def test_a_failure_of_the_brain_is_the_replys_end(broker: SteppedBroker) -> None:
    task = await publishing(broker, SteppedBrain(*parts(0, 0), Failure("refused", "No.", retryable=True, after_s=0.0)))
    await broker.confirm()
    await task
    end = broker.publishes[0][-1]
    assert (end["type"], end["code"], end["detail"], end["retryable"]) == ("reply.failed", "refused", "No.", True)


async def test_a_reply_goes_on_at_the_next_part_and_keeps_its_first_timings(broker: SteppedBroker) -> None:
    reply = OpenReply(
        accepted_message(1, when="2026-01-01T00:00:00.000Z"), e.BEGINNING, 0.0, attempt=2, parts=["a", "b"],
        started_at="2026-01-01T00:00:01.000Z", first_part_at="2026-01-01T00:00:03.000Z",
    )  # fmt: skip
    task = await publishing(broker, SteppedBrain(Part("c", 0.0), DONE), reply)
    await broker.confirm()
    await task
    started, part, end = broker.publishes[0]
    assert (started["attempt"], part["index"], end["parts"], end["text"]) == (3, 2, 3, "abc")
    assert (end["timings"]["queued_ms"], end["timings"]["first_part_ms"]) == (1000, 2000)


def test_the_brain_is_given_what_a_client_sent_beside_its_message() -> None:
    request = '{"text": "all of it", "turn": 3, "tools": [{"name": "look_up", "parameters": {"type": "object"}}], "stop": ["."]}'
    job = msgspec.structs.replace(JOB, options=JobOptions("fast", 4, None, request))
    prompt = prompt_of(job)
    assert (prompt.key, prompt.text, prompt.profile, prompt.seed, prompt.turn_number) == (job.id, "all of it", "fast", 4, 3)
    assert (prompt.tools, prompt.stop) == ((Tool("look_up", {"type": "object"}),), (".",))
