"""What can still be asked of a message that was sent: its stop, one more reply, the end of its conversation."""

import asyncio
from collections.abc import Sequence

import pytest

from myna.protocol.errors import NotFound
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import BETWEEN_S, PARTS, WHOLE, Cluster, NodeClient, forget, simulated
from tests.unit.log_events import ANN, BEN, CONVERSATION, uid

# --- stopping


@simulated
async def test_a_running_reply_stops_within_a_part_and_the_next_message_has_its_turn(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    worker = cluster.worker()
    ann.send(1)
    ann.send(2)
    await cluster.until(lambda: len(ann.parts(1)) == 2)
    await ann.stop(1)
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stopped")]
    assert ann.whole(1) == [PARTS[0] + PARTS[1]]
    await asyncio.sleep(BETWEEN_S)
    assert worker.responder.open == 1, "it makes the next one, and no more of the first"
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert len(ann.parts(1)) == 2
    assert ann.whole(2) == [WHOLE]


@simulated
async def test_a_stop_reaches_a_reply_from_another_node(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    here.send(1)
    await cluster.until(lambda: there.parts(1))
    await there.stop(1)
    await cluster.until(here.ends)
    assert here.ends() == [(uid(1), "stopped")]
    assert here.whole(1) == there.whole(1) == [PARTS[0]]


@simulated
async def test_a_message_stopped_in_the_queue_is_never_begun(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    ann.send(1)
    await cluster.until(ann.created)
    await ann.stop(1)
    await cluster.until(ann.ends)
    cluster.worker()
    await cluster.until(lambda: not cluster.broker.queues.ready and not cluster.broker.queues.unacked)
    await asyncio.sleep(10)
    assert ann.ends() == [(uid(1), "stopped")]
    assert ann.whole(1) == [""]
    assert ann.parts(1) == []


@simulated
async def test_a_message_stopped_while_it_waits_ends_without_text_and_its_neighbours_are_answered_whole(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    for number in (1, 2, 3):
        ann.send(number)
    await cluster.until(lambda: ann.parts(1))
    await ann.stop(2)
    await cluster.until(lambda: len(ann.ends()) == 3)
    assert ann.answers(2) == ["accepted"]
    assert ann.ends() == [(uid(2), "stopped"), (uid(1), "stop"), (uid(3), "stop")]
    assert (ann.whole(1), ann.whole(2), ann.whole(3)) == ([WHOLE], [""], [WHOLE])
    assert ann.created() == [uid(1), uid(2), uid(3)]


@pytest.mark.parametrize("stopped", [2, 3, 4])
@simulated
async def test_a_message_stopped_while_it_waits_keeps_its_place(cluster: Cluster, stopped: int) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    for number in (1, 2, 3, 4):
        ann.send(number)
    await cluster.until(lambda: ann.parts(1))
    await ann.stop(stopped)
    await cluster.until(lambda: len(ann.ends()) == 4)
    assert ann.created() == [uid(1), uid(2), uid(3), uid(4)]
    assert sorted(ann.ends()) == [(uid(number), "stopped" if number == stopped else "stop") for number in (1, 2, 3, 4)]
    assert (ann.answers(stopped), ann.whole(stopped), ann.parts(stopped)) == (["accepted"], [""], [])


@simulated
async def test_all_that_wait_can_be_stopped_and_keep_their_places(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    for number in (1, 2, 3, 4):
        ann.send(number)
    await cluster.until(lambda: ann.parts(1))
    for number in (4, 2, 3):
        await ann.stop(number)
    await cluster.until(lambda: len(ann.ends()) == 4)
    assert ann.created() == [uid(1), uid(2), uid(3), uid(4)]
    assert [end for end in ann.ends() if end[1] != "stopped"] == [(uid(1), "stop")]


@simulated
async def test_a_stop_that_waits_for_its_place_outlives_its_node(cluster: Cluster) -> None:
    ann, elsewhere = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    for number in (1, 2, 3):
        ann.send(number)
    await cluster.until(lambda: ann.parts(1))
    await ann.stop(3)
    await ann.node.services.submissions.drain()
    await ann.node.kill()
    await cluster.until(lambda: (uid(3), "stopped") in elsewhere.ends())
    assert ann.answers(3) == ["accepted"]


@simulated
async def test_who_waits_behind_a_stopped_message_does_not_overtake_it(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    cluster.worker()
    for number in (1, 2, 3):
        ann.send(number)
    await cluster.until(lambda: len(ann.parts(1)) == len(PARTS))
    submit, held = node.link.submit, asyncio.Event()

    async def later(lines: Sequence[bytes]) -> None:
        await held.wait()
        await submit(RoutingKey.EVENT, lines)

    def slow(key: RoutingKey, lines: Sequence[bytes]) -> "asyncio.Future[None]":
        return asyncio.ensure_future(later(lines)) if key is RoutingKey.EVENT else submit(key, lines)

    node.link.submit = slow  # type: ignore[method-assign]
    stopping = asyncio.create_task(ann.stop(2))
    await cluster.until(ann.ends)  # the first is over while the stop of the second is on its way
    await asyncio.sleep(1)
    held.set()
    await stopping
    await cluster.until(lambda: len(ann.ends()) == 3)
    assert ann.created() == [uid(1), uid(2), uid(3)]
    assert ann.ends() == [(uid(1), "stop"), (uid(2), "stopped"), (uid(3), "stop")]


@simulated
async def test_a_stop_that_comes_before_this_node_has_read_of_the_message_is_not_lost(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node)
    node.link.lag_s = 3.0
    ann.send(1)
    await cluster.until(lambda: ann.results)
    assert ann.created() == []
    await ann.stop(1)
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stopped")]


@simulated
async def test_a_stop_with_the_publish_under_way_stands_behind_the_message(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    ann.send(1)
    await ann.stop(1)
    await cluster.until(ann.ends)
    assert ann.ends() == [(uid(1), "stopped")]


@simulated
async def test_a_stop_of_what_is_not_there_is_not_found_and_of_what_is_over_is_nothing(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    with pytest.raises(NotFound):
        await ann.stop(1)
    ann.send(1)
    await cluster.until(ann.ends)
    await ann.stop(1)
    with pytest.raises(NotFound):
        await NodeClient(ann.node, BEN).stop(1)
    await asyncio.sleep(5)
    assert ann.ends() == [(uid(1), "stop")]


# --- one more reply


@simulated
async def test_one_more_reply_is_accepted_by_its_own_id_and_answered_after_the_first(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    ann.regenerate(2, 1)
    ann.regenerate(2, 1)
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert (ann.answers(1), ann.answers(2)) == (["accepted"], ["accepted", "duplicate"])
    assert ann.whole(1) == [WHOLE, WHOLE]
    assert ann.created() == [uid(1)]
    ann.regenerate(2, 1)
    assert ann.answers(2)[-1] == "duplicate"


@simulated
async def test_a_stop_ends_the_running_reply_first_and_one_more_that_waits_only_when_it_is_asked_again(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(lambda: ann.parts(1))
    ann.regenerate(2, 1)
    await ann.stop(1)
    await cluster.until(lambda: len(ann.parts(1)) == 3)
    assert ann.ends() == [(uid(1), "stopped")]
    await ann.stop(1)
    await cluster.until(lambda: len(ann.ends()) == 2)
    assert ann.ends()[1] == (uid(1), "stopped")
    assert ann.answers(2) == ["accepted"]


@simulated
async def test_one_more_reply_that_waits_behind_another_message_can_be_stopped(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    await cluster.until(ann.ends)
    ann.send(2)
    await cluster.until(lambda: ann.parts(2))
    ann.regenerate(3, 1)
    await ann.stop(1)
    await cluster.until(lambda: len(ann.ends()) == 3)
    await asyncio.sleep(30)
    assert ann.answers(3) == ["accepted"], "it is answered once"
    assert ann.ends() == [(uid(1), "stop"), (uid(1), "stopped"), (uid(2), "stop")]


@simulated
async def test_one_more_reply_to_nothing_is_not_found_and_with_the_database_away_what_it_only_knows_must_wait(cluster: Cluster) -> None:
    node = await cluster.node()
    ann = NodeClient(node, born_ms=0)
    cluster.worker()
    ann.regenerate(5, 9)
    ann.send(1)
    await cluster.until(ann.ends)
    assert ann.answers(5) == ["not_found"]
    await forget(cluster, node.services.projection)
    cluster.store.lose()
    ann.regenerate(6, 1)
    ann.send(7)
    await cluster.until(lambda: ann.answers(6) and ann.answers(7))
    assert (ann.answers(6), ann.answers(7)) == (["busy"], ["accepted"])
    cluster.store.recover()
    await cluster.until(lambda: (uid(7), "stop") in ann.ends())
    ann.regenerate(6, 1)
    await cluster.until(lambda: ann.answers(6)[1:] and ann.ends()[2:])
    assert ann.answers(6) == ["busy", "accepted"]


# --- deleting


@simulated
async def test_a_deleted_conversation_refuses_what_waits_ends_what_runs_and_takes_no_more(cluster: Cluster) -> None:
    ann = NodeClient(await cluster.node())
    cluster.worker()
    ann.send(1)
    ann.send(2)
    await cluster.until(lambda: ann.parts(1))
    await ann.delete()
    await cluster.until(ann.ends)
    ann.send(3)
    await asyncio.sleep(30)
    assert ann.results == [(uid(1), "accepted"), (uid(2), "not_found"), (uid(3), "not_found")]
    assert ann.ends() == [(uid(1), "stopped")]
    assert ann.frames[-1]["type"] == "conversation.deleted"
    assert ann.node.services.submissions.turns.open_count == 0


@simulated
async def test_what_waits_on_one_node_is_refused_when_another_node_deletes_its_conversation(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    here.send(1)
    here.send(2)
    await cluster.until(lambda: there.parts(1))
    await there.delete()
    await cluster.until(lambda: here.answers(2))
    assert here.answers(2) == ["not_found"]
    await asyncio.sleep(30)
    assert here.created() == [uid(1)]


@simulated
async def test_a_message_accepted_while_its_conversation_is_deleted_elsewhere_gets_its_end(cluster: Cluster) -> None:
    here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
    cluster.worker()
    here.send(1)
    await cluster.until(lambda: there.ends())
    here.node.link.lag_s = 5.0
    await there.delete()
    here.send(2)
    await cluster.until(lambda: here.answers(2))
    assert here.answers(2) == ["accepted"]
    await cluster.until(lambda: here.ends()[1:])
    await asyncio.sleep(30)
    assert here.ends() == there.ends() == [(uid(1), "stop"), (uid(2), "conversation_deleted")]
    assert here.node.services.submissions.turns.open_count == 0


# --- the end of an owner


@simulated
async def test_who_is_forgotten_on_one_node_is_told_on_every_node_and_nobody_else_is(cluster: Cluster) -> None:
    nodes = await cluster.node(), await cluster.node()
    here, there, other = NodeClient(nodes[0]), NodeClient(nodes[1]), NodeClient(nodes[1], BEN)
    cluster.worker()
    here.send(1)
    other.send(2, conversation=uid(0xC2))
    await cluster.until(lambda: here.ends() and other.ends())
    await nodes[0].services.commands.forget(here.session)
    await cluster.until(lambda: here.mailbox.session_ended and there.mailbox.session_ended)
    assert [frame["type"] for frame in there.frames][-1] == "conversation.deleted"
    assert not other.mailbox.session_ended
    assert nodes[1].services.projection.is_deleted(ANN, CONVERSATION)
    assert not nodes[1].services.projection.is_deleted(BEN, uid(0xC2))
