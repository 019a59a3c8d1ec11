"""What a client repeats, and what it still waits for."""

from typing import Any

from myna.client.outbox import Outbox
from myna.client.place import Place

NEW, RESUMED = {"type": "welcome", "resumed": False}, {"type": "welcome", "resumed": True}


def message(id_: str) -> dict[str, Any]:
    return {"type": "message.send", "id": id_, "conversation_id": "c"}


def accepted(id_: str, *, duplicate: bool = False) -> dict[str, Any]:
    return {"type": "message.accepted", "id": id_, "duplicate": duplicate}


def refusal(code: str, **more: Any) -> dict[str, Any]:
    return {"type": "error", "ref": "a", "code": code, "detail": "", **more}


def outbox_with(*ids: str) -> Outbox:
    outbox = Outbox()
    for id_ in ids:
        outbox.sent(message(id_))
    return outbox


def test_what_was_not_confirmed_is_repeated_in_the_order_sent() -> None:
    outbox = outbox_with("a", "b", "c")
    outbox.accepted(accepted("b"))
    assert [frame["id"] for frame in outbox.welcomed(RESUMED)] == ["a", "c"]
    assert list(outbox.unanswered) == ["b"]


def test_a_reply_that_ends_before_the_acceptance_is_seen_is_not_waited_for() -> None:
    outbox = outbox_with("a")
    outbox.answered("a")
    outbox.accepted(accepted("a"))
    assert not outbox.unconfirmed
    assert not outbox.unanswered


def test_a_connection_that_could_not_resume_makes_the_state_unknown_where_an_answer_is_due() -> None:
    outbox = outbox_with("a")
    seen = []
    for welcome in (NEW, RESUMED, NEW):
        outbox.welcomed(welcome)
        seen.append(outbox.state_unknown)
        outbox.accepted(accepted("a"))
    outbox.state_read(["a"])
    assert [*seen, outbox.state_unknown] == [False, False, True, False]
    assert outbox.unanswered == {}


def test_a_repeated_acceptance_makes_the_state_unknown() -> None:
    outbox = outbox_with("a")
    outbox.accepted(accepted("a", duplicate=True))
    assert outbox.state_unknown


def test_what_is_refused_for_now_is_due_again_in_the_time_named() -> None:
    outbox = outbox_with("a")
    assert outbox.refused(refusal("busy", retry_after_s=3), now=10.0)
    assert (outbox.wait_s(11.0), outbox.due(11.0)) == (2.0, [])
    assert outbox.due(13.0) == [message("a")]
    assert (outbox.wait_s(13.0), outbox.due(14.0)) == (None, [])


def test_what_is_refused_for_good_is_not_repeated() -> None:
    outbox = outbox_with("a")
    assert not outbox.refused(refusal("conflict"), now=10.0)
    assert not outbox.refused(refusal("busy"), now=10.0)  # of something that is not waited for
    assert (outbox.welcomed(RESUMED), outbox.wait_s(10.0)) == ([], None)


def test_a_reconnect_repeats_what_was_refused_for_now_only_once() -> None:
    outbox = outbox_with("a")
    outbox.refused(refusal("busy"), now=10.0)
    assert outbox.welcomed(RESUMED) == [message("a")]
    assert outbox.due(20.0) == []


def test_a_place_stays_at_the_last_event_seen_when_a_connection_resumes() -> None:
    place = Place()
    assert place.query == ""
    place.seen({"type": "welcome", "resumed": False, "epoch": "e", "cursor": "5"})
    place.seen({"type": "reply.delta", "cursor": "6"})
    place.seen({"type": "pong"})
    place.seen({"type": "welcome", "resumed": True, "epoch": "e", "cursor": "9"})
    assert place.query == "?epoch=e&after=6"
    place.seen({"type": "welcome", "resumed": False, "epoch": "f", "cursor": "2"})
    assert place.query == "?epoch=f&after=2"
