"""A responder may die at any moment without any effect on what clients receive."""

import asyncio
import json

import pytest

from myna.broker.embedded.consumer import EmbeddedDelivery
from myna.node.loop_supervisor import CRASHES
from myna.pipeline.manual_messages import OPERATOR, OPERATOR_CONVERSATION
from myna.protocol import log_codec, timestamps
from myna.protocol.topology import DELIVERY_LIMIT, RoutingKey
from tests.unit.cluster import BETWEEN_S, PARTS, Cluster, NodeClient, SlowBrain, in_cluster, simulated
from tests.unit.log_events import ANN, CONVERSATION, accepted_message, accepted_regenerate, body, stopped, uid

MANY = tuple(f"word{number} " for number in range(40))


def undisturbed(caller: NodeClient) -> None:
    assert caller.parts(1) == list(enumerate(MANY)), "every part once, in order, without a gap"
    assert caller.whole(1) == ["".join(MANY)]
    assert caller.ends() == [(uid(1), "stop")]


@pytest.mark.parametrize("killed_at", range(len(MANY) + 1))
def test_killed_at_any_part_another_one_goes_on_and_the_text_is_the_same(killed_at: int) -> None:
    brain = SlowBrain(MANY)

    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        first = cluster.worker()
        ann.send(1)
        await cluster.until(lambda: len(ann.parts(1)) == killed_at and any(frame["type"] == "reply.started" for frame in ann.frames))
        await first.kill()
        assert ann.ends() == []
        cluster.worker()
        await cluster.until(ann.ends)
        undisturbed(ann)
        assert brain.starts == [0, killed_at], "it went on at the next part and made none again"

    in_cluster(test, brain)


@pytest.mark.parametrize("times", [2, DELIVERY_LIMIT])
def test_killed_again_and_again_the_text_is_the_same(times: int) -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        ann.send(1)
        for number in range(1, times + 1):
            worker = cluster.worker()
            await cluster.until(lambda number=number: len(ann.parts(1)) == 5 * number)  # type: ignore[misc]
            await worker.kill()
        cluster.worker()
        await cluster.until(ann.ends)
        undisturbed(ann)
        assert ann.frames[-1]["attempt"] == times + 1

    in_cluster(test, SlowBrain(MANY))


@simulated
async def test_killed_after_the_last_confirm_and_before_the_ack_there_is_no_second_reply(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    first = cluster.worker()
    ann.send(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedDelivery, "ack", lambda _: asyncio.Event().wait())
        await cluster.until(ann.ends)
        assert cluster.broker.queues.unacked
        before = cluster.log()
        await first.kill()
    cluster.worker()
    await cluster.until(lambda: not cluster.broker.queues.unacked and not cluster.broker.queues.ready)
    await asyncio.sleep(10)
    assert cluster.log() == before, "it read in the log that the reply had ended, and only acked"
    assert ann.ends() == [(uid(1), "stop")]


def test_a_frozen_responder_that_wakes_up_changes_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        await cluster.until(lambda: len(ann.parts(1)) == 7)
        cluster.broker._consumers[0].requeue_all()  # the broker takes it for dead; it goes on and does not know
        cluster.worker()
        cluster.broker.work_arrived.notify_all()
        await cluster.until(ann.ends)
        await asyncio.sleep(100)
        undisturbed(ann)

    in_cluster(test, SlowBrain(MANY))


def test_a_reply_that_the_brain_cannot_continue_begins_anew_and_says_so() -> None:
    brain = SlowBrain()
    brain.deterministic = False

    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        first = cluster.worker()
        ann.send(1)
        await cluster.until(lambda: len(ann.parts(1)) == 2)
        await first.kill()
        cluster.worker()
        await cluster.until(ann.ends)
        assert ann.parts(1) == [*enumerate(PARTS[:2]), *enumerate(PARTS)]
        assert [frame.get("restarted") for frame in ann.frames if frame["type"] == "reply.started"] == [None, True]
        assert ann.whole(1) == ["".join(PARTS)]

    in_cluster(test, brain)


def test_an_outage_of_the_broker_interrupts_a_reply_and_does_not_fail_it() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        await cluster.until(lambda: len(ann.parts(1)) == 7)
        cluster.broker.lose()
        await asyncio.sleep(60)
        cluster.broker.recover()
        await cluster.until(ann.ends)
        undisturbed(ann)

    in_cluster(test, SlowBrain(MANY))


@simulated
async def test_a_refusal_of_the_brain_fails_the_reply_with_its_reason(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1, "refuse")
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "refused")]
    assert len(ann.parts(1)) == len(PARTS)
    assert cluster.broker.queues.dead_letters == {}


@simulated
async def test_a_job_that_breaks_the_brain_becomes_a_dead_letter_and_its_owner_is_told_once(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    here.send(1, "crash")
    here.send(2)
    await cluster.until(lambda: len(here.ends()) == 2)
    await asyncio.sleep(60)
    assert here.ends() == there.ends() == [(uid(1), "delivery_limit"), (uid(2), "stop")]
    (letter,) = await cluster.broker.dead_letters()
    assert log_codec.read_job(letter.body).text == "crash"
    assert letter.reason == "delivery_limit"


@simulated
async def test_of_jobs_in_one_delivery_the_one_that_breaks_the_brain_fails_alone(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    jobs = [accepted_message(1), accepted_message(2, "crash", conversation=uid(70)), accepted_message(3, conversation=uid(71))]
    await cluster.broker.submit(RoutingKey.MESSAGE, [log_codec.encode(job) for job in jobs])
    cluster.worker()
    await cluster.until(lambda: len(ann.ends()) == 3)
    assert sorted(ann.ends()) == [(uid(1), "stop"), (uid(2), "delivery_limit"), (uid(3), "stop")]
    (letter,) = await cluster.broker.dead_letters()
    assert log_codec.read_job(letter.body).id == uid(2)


GARBAGE = (b"what?", b"{}", b'{"text": ""}', b'{"type":"stop.requested","text":"x"}', b'{"type":"message.created"}', b"\xff\xfe", b"")


@pytest.mark.parametrize("garbage", GARBAGE)
@simulated
async def test_garbage_becomes_a_dead_letter_at_once_as_it_came_and_others_are_answered(cluster: Cluster, garbage: bytes) -> None:
    ann = NodeClient(await cluster.node())
    worker = cluster.worker()
    await cluster.broker.submit(RoutingKey.WORK, [garbage])
    ann.send(1)
    await cluster.until(lambda: len(ann.parts(1)) == 2)
    (letter,) = await cluster.broker.dead_letters()
    assert (letter.body, letter.reason) == (garbage, "rejected")
    await worker.kill()  # and whoever reads the log to go on passes over it
    cluster.worker()
    await cluster.until(ann.ends)
    assert ann.whole(1) == ["".join(PARTS)]


@simulated
async def test_a_message_put_on_the_queue_by_hand_is_answered(cluster: Cluster) -> None:
    operator = NodeClient(await cluster.node(), OPERATOR)
    cluster.worker()
    await cluster.broker.submit(RoutingKey.WORK, [b'{"text": "hello"}'])
    await cluster.until(operator.ends)
    created, end = operator.frames[0], operator.frames[-1]
    assert (created["text"], created["conversation_id"]) == ("hello", OPERATOR_CONVERSATION)
    assert end["text"] == "".join(PARTS)


@simulated
async def test_a_job_that_was_published_twice_has_one_reply(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    for _ in range(2):
        await cluster.broker.submit(RoutingKey.MESSAGE, [body(accepted_message(1))])
    cluster.worker()
    cluster.worker()
    await cluster.until(ann.ends)
    await asyncio.sleep(30)
    assert ann.created() == [uid(1)]
    assert ann.parts(1) == list(enumerate(PARTS))
    assert ann.ends() == [(uid(1), "stop")]


@simulated
async def test_a_stop_that_cannot_be_read_disturbs_no_responder(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    worker = cluster.worker()
    ann.send(1)
    await cluster.until(lambda: ann.parts(1))
    for _ in range(CRASHES):
        await cluster.broker.submit(RoutingKey.STOP, [b'{"type":"stop.requested"}'])
        await asyncio.sleep(BETWEEN_S / 4)
    assert not worker.supervisor.failed.is_set()
    await ann.stop(1)
    await cluster.until(ann.ends)
    await cluster.until(lambda: worker.responder.open == 0)
    assert ann.ends() == [(uid(1), "stopped")]


@simulated
async def test_a_stop_of_one_reply_says_nothing_of_another_to_the_same_message_asked_for_at_the_same_moment(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    now = timestamps.now()
    first = accepted_message(1, when=now)
    cluster.worker()
    await cluster.broker.submit(RoutingKey.MESSAGE, [body(first)])
    await cluster.until(lambda: ann.parts(1))
    await cluster.broker.submit(RoutingKey.STOP, [body(stopped(first, when=now))])
    await cluster.broker.submit(RoutingKey.MESSAGE, [body(accepted_regenerate(2, first, when=now))])
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert ann.ends() == [(uid(1), "stopped"), (uid(1), "stop")]


@simulated
async def test_a_draining_responder_finishes_what_is_open_and_takes_nothing_new(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    worker = cluster.worker()
    ann.send(1)
    await cluster.until(lambda: ann.parts(1))
    drained = worker.start(worker.responder.drain(60), "drain")
    await asyncio.sleep(0)
    ann.send(2, conversation=uid(70))
    await drained
    await cluster.until(ann.ends)
    await worker.kill()
    assert ann.ends() == [(uid(1), "stop")]
    cluster.worker()
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert ann.frames[-1]["attempt"] == 1


@simulated
async def test_frames_name_no_owner(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    assert all(frame["conversation_id"] == CONVERSATION and "owner" not in frame for frame in ann.frames)
    assert ANN not in json.dumps(ann.frames)


def test_a_delivery_that_is_split_is_published_again_as_it_came() -> None:
    # Written in other ways than ours, as a line is that a newer release wrote.
    breaking, other = (
        body(job).replace(b'":', b'": ') for job in (accepted_message(1, "crash"), accepted_message(2, conversation=uid(70)))
    )

    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        await cluster.broker.submit(RoutingKey.MESSAGE, [breaking, other])
        cluster.worker()
        await cluster.until(lambda: len(ann.ends()) == 2)
        (letter,) = await cluster.broker.dead_letters()
        assert letter.body == breaking

    in_cluster(test)
