"""A conversation is a tree: what a message follows is decided once, and every node, frame and row says the same of it."""

import asyncio
from typing import Any

import pytest
from msgspec import UNSET

from myna.protocol import events as e
from myna.protocol.event_fields import ParentId
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import RoutingKey
from tests.unit.cluster import Cluster, NodeClient, forget, in_cluster
from tests.unit.log_events import ANN, CONVERSATION, OTHER_CONVERSATION, accepted_message, body, failed, started, uid, whole


def reply(number: int, owner: str = ANN) -> str:
    """The id of the first reply to this message."""
    return reply_id_for(owner, uid(number))


async def stored_parents(cluster: Cluster, client: NodeClient) -> dict[str, Any]:
    """The same as `NodeClient.parents`, once all is stored."""
    await cluster.until(lambda: not client.node.services.projection.pending)
    owner = client.session.owner
    return {id_: view.parent_id for (whose, id_), view in cluster.store.stored.items() if whose == owner and view.role == "user"}


async def in_turn(cluster: Cluster, client: NodeClient, *numbers: int) -> None:
    """Send these messages one after the other, each when the one before is answered."""
    for number in numbers:
        ended = len(client.ends())
        client.send(number)
        await cluster.until(lambda ended=ended: len(client.ends()) > ended)  # type: ignore[misc]


# --- what a message follows


def test_messages_that_name_no_parent_follow_the_newest_reply() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        await in_turn(cluster, ann, 1, 2)
        ann.regenerate(3, 1)
        await cluster.until(lambda: len(ann.ends()) == 3)
        await in_turn(cluster, ann, 4)
        assert ann.parents() == {uid(1): None, uid(2): reply(1), uid(4): reply(3)}
        assert await stored_parents(cluster, ann) == ann.parents()

    in_cluster(test)


def test_messages_that_wait_follow_the_replies_before_them() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        for number in (1, 2, 3):
            ann.send(number)
        await cluster.until(lambda: len(ann.ends()) == 3)
        assert ann.parents() == {uid(1): None, uid(2): reply(1), uid(3): reply(2)}

    in_cluster(test)


@pytest.mark.parametrize("parent", [uid(1), reply(1), uid(2), reply(2), None])
def test_a_message_follows_what_it_names(parent: str | None) -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        await in_turn(cluster, ann, 1, 2)
        ann.send(3, parent=parent)
        await cluster.until(lambda: len(ann.ends()) == 3)
        assert ann.answers(3) == ["accepted"]
        assert ann.parents()[uid(3)] == parent
        assert (await stored_parents(cluster, ann))[uid(3)] == parent

    in_cluster(test)


def test_a_message_may_follow_one_that_still_waits_or_streams() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        ann.send(2)
        ann.send(3, parent=uid(2))
        ann.send(4, parent=reply(1))
        await cluster.until(lambda: len(ann.ends()) == 4)
        assert ann.parents() == {uid(1): None, uid(2): reply(1), uid(3): uid(2), uid(4): reply(1)}

    in_cluster(test)


@pytest.mark.parametrize("how", ["failed", "stopped while it waited"])
def test_a_message_may_follow_a_reply_that_came_to_nothing(how: str) -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        await in_turn(cluster, ann, 1)
        if how == "failed":
            ann.send(2, "refuse")
        else:
            ann.send(5)
            ann.send(2)
            await ann.stop(2)
        await cluster.until(lambda: uid(2) in dict(ann.ends()))
        ann.send(3, parent=reply(2))
        await cluster.until(lambda: uid(3) in dict(ann.ends()))
        assert ann.parents()[uid(3)] == reply(2)

    in_cluster(test)


# --- parents that do not exist


@pytest.mark.parametrize("remembered", ["all of it", "nothing"])
@pytest.mark.parametrize("parent", [uid(77), reply(9), uid(1), reply(1)])
def test_a_parent_that_the_conversation_does_not_hold_is_not_found(parent: str, remembered: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=2**45 if remembered == "all of it" else 0)
        cluster.worker()
        await in_turn(cluster, ann, 1)
        if remembered == "nothing":
            await forget(cluster, node.services.projection)
        ann.send(3, parent=parent, conversation=OTHER_CONVERSATION)
        await cluster.until(lambda: ann.answers(3))
        ann.send(4, conversation=OTHER_CONVERSATION)
        await cluster.until(lambda: len(ann.ends()) == 2)
        assert ann.answers(3) == ["not_found"]
        assert ann.parents() == {uid(1): None, uid(4): None}, "what comes next is not held up"

    in_cluster(test)


def test_a_parent_whose_own_sending_was_refused_is_not_found() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        cluster.worker()
        ann.send(1)
        ann.send(2, parent=uid(77))
        ann.send(3, parent=uid(2))
        await cluster.until(lambda: ann.answers(3))
        assert (ann.answers(2), ann.answers(3)) == (["not_found"], ["not_found"])

    in_cluster(test)


# --- the same id again


@pytest.mark.parametrize("remembered", ["all of it", "nothing", "under way"])
@pytest.mark.parametrize(("parent", "answer"), [(reply(1), "duplicate"), (UNSET, "duplicate"), (uid(1), "conflict"), (None, "conflict")])
def test_an_id_with_another_parent_is_a_conflict(parent: ParentId, answer: str, remembered: str) -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await in_turn(cluster, ann, 1)
        ann.send(2, parent=reply(1))
        if remembered != "under way":
            await cluster.until(lambda: len(ann.ends()) == 2)
        if remembered == "nothing":
            await forget(cluster, node.services.projection)
        ann.send(2, parent=parent)
        await cluster.until(lambda: ann.answers(2)[1:])
        assert sorted(ann.answers(2)) == sorted(["accepted", answer])

    in_cluster(test)


# --- what a node does not remember


def test_the_rows_tell_the_newest_reply_of_a_conversation_that_the_node_forgot() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await in_turn(cluster, ann, 1, 2)
        await forget(cluster, node.services.projection)
        ann.send(3)
        await cluster.until(lambda: len(ann.ends()) == 3)
        assert ann.parents()[uid(3)] == reply(2)
        assert [event.turn for event in cluster.log() if isinstance(event, e.MessageCreated)] == [1, 2, 3]

    in_cluster(test)


def test_without_the_database_a_message_goes_on_and_finds_its_parent_when_it_is_stored() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node, born_ms=0)
        cluster.worker()
        await in_turn(cluster, ann, 1)
        await forget(cluster, node.services.projection)
        cluster.store.lose()
        ann.send(2)
        await cluster.until(lambda: len(ann.ends()) == 2)
        ann.send(3, parent=uid(1))
        await cluster.until(lambda: ann.answers(3))
        assert ann.answers(3) == ["busy"], "what can't be looked up is not taken on trust"
        cluster.store.recover()
        assert await stored_parents(cluster, ann) == {uid(1): None, uid(2): reply(1)}

    in_cluster(test)


def test_messages_of_an_older_release_follow_each_other() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node())
        one, two = (accepted_message(number, parent=UNSET) for number in (1, 2))
        await cluster.broker.submit(RoutingKey.EVENT, [body(*whole(one, "one")), body(two, started(two), failed(two))])
        await cluster.until(lambda: len(ann.ends()) == 2)
        cluster.worker()
        await in_turn(cluster, ann, 3)
        assert ann.parents() == {uid(1): "left out", uid(2): "left out", uid(3): reply(2)}
        assert await stored_parents(cluster, ann) == {uid(1): None, uid(2): reply(1), uid(3): reply(2)}

    in_cluster(test)


def test_a_circle_in_the_log_holds_nobody_up() -> None:
    async def test(cluster: Cluster) -> None:
        ann = NodeClient(await cluster.node(), born_ms=0)
        circle = accepted_message(1, parent=uid(1))
        await cluster.broker.submit(RoutingKey.EVENT, [body(*whole(circle, "round"))])
        await cluster.until(ann.ends)
        cluster.worker()
        await in_turn(cluster, ann, 2)
        assert ann.parents()[uid(2)] == reply(1)

    in_cluster(test)


def test_two_nodes_that_take_messages_at_once_open_two_branches_and_agree_on_them() -> None:
    async def test(cluster: Cluster) -> None:
        ann, ben = NodeClient(await cluster.node()), NodeClient(await cluster.node())
        cluster.worker()
        await in_turn(cluster, ann, 1)
        await asyncio.sleep(1)
        ann.send(2)
        ben.send(3)
        await cluster.until(lambda: len(ann.ends()) == len(ben.ends()) == 3)
        assert ann.parents() == ben.parents() == {uid(1): None, uid(2): reply(1), uid(3): reply(1)}

    in_cluster(test)


def test_what_is_read_says_the_same_as_what_was_sent() -> None:
    async def test(cluster: Cluster) -> None:
        node = await cluster.node()
        ann = NodeClient(node)
        cluster.worker()
        await in_turn(cluster, ann, 1)
        ann.send(2, "refuse", parent=None)
        await cluster.until(lambda: len(ann.ends()) == 2)
        views = (await node.services.queries.messages(ann.session, CONVERSATION, limit=100, before=None, at_least=None)).items
        assert [(view.id, view.parent_id) for view in views] == [
            (uid(1), None), (reply(1), uid(1)), (uid(2), None), (reply(2), uid(2)),
        ]  # fmt: skip
        assert all(view.timings is not None for view in views if view.role == "assistant"), "of a failed reply too"

    in_cluster(test)
