"""What is accepted, refused, repeated and kept waiting."""

import asyncio

import pytest

from myna.core.idempotency import New, Request
from myna.core.projection import Projection
from myna.pipeline.submission import Stage, Submission
from myna.pipeline.submissions import ACCEPT_S, Submissions
from myna.pipeline.unseen_submissions import UNSEEN_S
from myna.protocol.errors import ChatError
from myna.protocol.event_fields import WAITING_LIMIT
from myna.protocol.frames import MessageSend
from myna.protocol.topology import RoutingKey
from myna.store.port import IdempotencyRecord
from tests.unit.cluster import PARTS, WHOLE, Cluster, NodeClient, forget, in_cluster
from tests.unit.log_events import ANN, BEN, CONVERSATION, OTHER_CONVERSATION, accepted_message, body, record, uid, whole


def test_a_message_is_accepted_answered_and_its_answer_is_whole() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        await cluster.until(ann.ends)
        assert ann.results == [(uid(1), "accepted")]
        assert ann.parts(1) == list(enumerate(PARTS))
        assert ann.whole(1) == [WHOLE]

    in_cluster(test)


def test_nothing_is_accepted_before_the_broker_has_confirmed() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node)
        confirm = asyncio.get_running_loop().create_future()
        node.link.submit = lambda key, lines: confirm  # type: ignore[method-assign]
        ann.send(1)
        await asyncio.sleep(1)
        assert ann.results == []
        confirm.set_result(None)
        await asyncio.sleep(0)
        assert ann.answers(1) == ["accepted"]

    in_cluster(test)


# --- the same id again


@pytest.mark.parametrize("when", ["at once", "accepted", "being answered", "answered"])
@pytest.mark.parametrize("where", ["on the same node", "on another node"])
def test_the_same_id_is_one_message_however_often_it_is_sent(when: str, where: str) -> None:
    async def test(cluster: Cluster) -> None:
        first = NodeClient(await cluster.node())
        second = first if where == "on the same node" else NodeClient(await cluster.node())
        cluster.worker()
        first.send(1)
        moments = {
            "at once": lambda: True,
            "accepted": lambda: first.results,
            "being answered": lambda: second.parts(1),
            "answered": second.ends,
        }
        await cluster.until(moments[when])
        second.send(1)
        await cluster.until(lambda: second.answers(1)[1:] if second is first else second.answers(1))
        await cluster.until(first.ends)
        await asyncio.sleep(20)
        assert first.answers(1)[0] == "accepted"
        if when not in ("at once", "accepted") or second is first:  # else it can't know yet; the log sorts it out
            assert second.answers(1)[-1] == "duplicate"
        for one in (first, second):
            assert one.created() == [uid(1)]
            assert one.ends() == [(uid(1), "stop")]
            assert one.whole(1) == [WHOLE]

    in_cluster(test)


@pytest.mark.parametrize("when", ["at once", "answered", "only the rows know"])
def test_an_id_used_for_something_else_is_a_conflict(when: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann, ben = NodeClient(node, born_ms=0), NodeClient(node, BEN)
        cluster.worker()
        ann.send(1)
        if when != "at once":
            await cluster.until(ann.ends)
        if when == "only the rows know":
            await forget(cluster, node.services.projection)
        ann.send(1, "something else")
        ann.send(1, conversation=OTHER_CONVERSATION)
        ann.regenerate(1, 1)
        ben.send(1, "another owner's id is another id")
        await cluster.until(lambda: len(ann.answers(1)) == 4 and ben.results)
        assert sorted(ann.answers(1)) == ["accepted", "conflict", "conflict", "conflict"]
        assert ben.answers(1) == ["accepted"]

    in_cluster(test)


def test_an_id_that_only_the_rows_know_is_a_duplicate_too() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        ann.send(1)
        await cluster.until(ann.ends)
        await forget(cluster, node.services.projection)
        ann.send(1)
        ann.send(2)
        await cluster.until(lambda: len(ann.results) == 3)
        assert ann.answers(1) == ["accepted", "duplicate"]
        await cluster.until(lambda: len(ann.ends()) == 2)
        assert ann.created() == [uid(1), uid(2)]

    in_cluster(test)


# --- order and waiting


def test_eight_wait_the_ninth_is_busy_and_all_are_answered_in_order_one_at_a_time() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        for number in range(1, WAITING_LIMIT + 3):
            ann.send(number)
        assert ann.results == [(uid(WAITING_LIMIT + 2), "busy")]
        await cluster.until(lambda: len(ann.ends()) == WAITING_LIMIT + 1)
        expected = [uid(number) for number in range(1, WAITING_LIMIT + 2)]
        assert ann.created() == expected
        story = [(frame["type"], frame.get("message_id", frame.get("id"))) for frame in ann.frames]
        turns = [one for one in story if one[0] in ("message.created", "reply.completed")]
        assert turns == [(kind, one) for one in expected for kind in ("message.created", "reply.completed")]

    in_cluster(test)


def test_conversations_do_not_wait_for_each_other_and_nodes_wait_for_each_other() -> None:
    async def test(cluster: Cluster) -> None:
        here, there = NodeClient(await cluster.node()), NodeClient(await cluster.node())
        here.send(1)
        await cluster.until(there.created)
        there.send(2)
        there.send(3, conversation=OTHER_CONVERSATION)
        await cluster.until(lambda: there.answers(3))
        assert there.answers(2) == [], "there is no worker, so the first turn is still open"
        cluster.worker()
        await cluster.until(lambda: len(here.ends()) == 3)
        assert here.created() == [uid(1), uid(3), uid(2)]

    in_cluster(test)


# --- the broker away


def test_a_short_outage_is_sat_out_and_a_long_one_is_told_to_all_who_wait() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        cluster.broker.lose()
        ann.send(1)
        await asyncio.sleep(ACCEPT_S / 2)
        cluster.broker.recover()
        await cluster.until(lambda: ann.answers(1))
        assert ann.answers(1) == ["accepted"]
        await cluster.until(ann.ends)
        cluster.broker.lose()
        for number in (2, 3, 4):
            ann.send(number)
        await asyncio.sleep(ACCEPT_S + 1)
        assert ann.results[1:] == [(uid(2), "busy"), (uid(3), "busy"), (uid(4), "busy")], "none overtakes one that may come again"
        cluster.broker.recover()
        for number in (2, 3, 4):
            ann.send(number)
        await cluster.until(lambda: len(ann.ends()) == 4)
        assert ann.created() == [uid(1), uid(2), uid(3), uid(4)]

    in_cluster(test)


def test_a_stop_with_the_broker_away_is_busy() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        ann.send(1)
        await cluster.until(ann.created)
        cluster.broker.lose()
        with pytest.raises(ChatError) as refused:
            await ann.stop(1)
        assert refused.value.code == "busy"

    in_cluster(test)


def test_an_accepted_message_that_never_came_back_by_the_log_is_published_again() -> None:
    async def test(cluster: Cluster) -> None:
        ear = NodeClient(await cluster.node())
        projection, received = Projection("e1"), list[object]()
        submissions = Submissions(cluster.broker, cluster.store, projection, cluster.brain)  # whose node does not read the log
        frame = MessageSend(type="message.send", id=uid(1), conversation_id=CONVERSATION, text="x")
        submissions.submit(ear.session, frame, received.append, lambda: True)
        await cluster.until(lambda: received)
        submissions.unseen.repeat()
        assert len(cluster.log()) == 1, "not at once"
        await asyncio.sleep(UNSEEN_S + 0.1)
        submissions.unseen.repeat()
        await cluster.until(lambda: len(cluster.log()) == 2)
        assert cluster.log()[0] == cluster.log()[1]
        assert ear.created() == [uid(1)]
        submissions.unseen.observe(projection.fold(record(0, cluster.log()[0]), 0.0))
        await asyncio.sleep(UNSEEN_S + 0.1)
        submissions.unseen.repeat()
        await asyncio.sleep(1)
        assert len(cluster.log()) == 2, "what was seen is not repeated"

    in_cluster(test)


def test_too_much_to_store_refuses_new_messages_and_drops_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node)
        cluster.store.lose()
        await cluster.broker.submit(RoutingKey.EVENT, [body(*whole(accepted_message(1, owner=ANN)))])
        await cluster.until(ann.created)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("myna.core.storage_backlog.PENDING_LIMIT", 1)
            ann.send(2)
        assert ann.answers(2) == ["busy"]
        ann.send(2)
        await cluster.until(lambda: ann.answers(2)[1:])
        assert ann.answers(2) == ["busy", "accepted"]

    in_cluster(test)


# --- look-ups in the database


def test_a_fault_in_one_look_up_refuses_that_message_and_its_conversation_goes_on() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)  # older than the window, so the database is asked about her ids
        cluster.worker()
        ann.send(9)
        await cluster.until(ann.ends)
        await forget(cluster, node.services.projection)
        working = cluster.store.idempotency_records

        async def broken(keys: object) -> list[IdempotencyRecord]:
            raise TypeError("a fault of ours")

        cluster.store.idempotency_records = broken  # type: ignore[method-assign]
        ann.send(1)
        ann.send(2)
        await cluster.until(lambda: len(ann.results) == 3)
        assert ann.results[1:] == [(uid(1), "busy"), (uid(2), "busy")]
        cluster.store.idempotency_records = working  # type: ignore[method-assign]
        ann.send(1)
        ann.send(2)
        await cluster.until(lambda: len(ann.ends()) == 3)
        assert ann.created() == [uid(9), uid(1), uid(2)]

    in_cluster(test)


def test_a_message_and_at_once_one_more_reply_to_it_are_both_accepted() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        ann.regenerate(2, 1)
        await cluster.until(lambda: len(ann.ends()) == 2)
        assert [result for _, result in ann.results] == ["accepted", "accepted"]
        assert ann.whole(1) == [WHOLE, WHOLE]

    in_cluster(test)


def test_a_submission_never_goes_back_a_stage() -> None:
    submission = Submission(Request(ANN, CONVERSATION, uid(1), "hello"), uid(2), None, [], lambda: True, 0, New("hello"))
    submission.advance(Stage.PUBLISHING)
    with pytest.raises(AssertionError):
        submission.advance(Stage.WAITING)
