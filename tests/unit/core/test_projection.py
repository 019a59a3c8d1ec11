"""What counts in the log and what does not, and what is derived from it."""

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.protocol import events as e
from myna.protocol.topology import RoutingKey
from myna.protocol.views import MessageView
from myna.store.port import Deleted, Renamed
from tests.unit.core.folding import HI, WHOLE, fold, frames, projection, shown
from tests.unit.log_events import (
    ANN,
    BEN,
    CONVERSATION,
    accepted_message,
    accepted_regenerate,
    at,
    completed,
    deleted,
    failed,
    part,
    record,
    renamed,
    started,
    stopped,
    whole,
)  # fmt: skip


def test_an_undisturbed_reply_is_shown_as_it_is() -> None:
    assert shown(projection(*whole(HI, "a", "b"))) == WHOLE


def test_a_part_that_comes_twice_counts_once() -> None:
    line = projection(HI, started(HI), part(HI, 0, "a"), part(HI, 0, "a"), part(HI, 1, "b"), part(HI, 0, "a"), completed(HI, ["a", "b"]))
    assert shown(line) == WHOLE


def test_a_part_after_a_gap_does_not_count() -> None:
    assert shown(projection(HI, started(HI), part(HI, 1, "b"), part(HI, 0, "a"))) == WHOLE[:3]


def test_a_second_responder_goes_on_where_the_first_one_was() -> None:
    line = projection(HI, started(HI), part(HI, 0, "a"), started(HI, 2), part(HI, 1, "b", 2), completed(HI, ["a", "b"], 2))
    assert shown(line) == [*WHOLE[:3], "reply.started", *WHOLE[3:]]


def test_a_frozen_responder_that_wakes_up_changes_nothing() -> None:
    undisturbed: list[e.Event] = [HI, started(HI), part(HI, 0, "a"), started(HI, 2), part(HI, 1, "b", 2), completed(HI, ["a", "b"], 2)]
    late: list[e.Event] = [part(HI, 1, "b"), completed(HI, ["a", "b"]), started(HI)]
    assert shown(projection(*undisturbed, *late)) == shown(projection(*undisturbed))


def test_nothing_counts_after_the_end() -> None:
    line = projection(*whole(HI, "a", "b"), started(HI, 2), part(HI, 2, "c", 2), failed(HI, 2), stopped(HI))
    assert shown(line) == WHOLE


def test_an_end_before_which_parts_are_missing_does_not_count_and_its_job_is_to_be_done_again() -> None:
    line = projection(HI, started(HI), part(HI, 0, "a"))
    folded = fold(line, completed(HI, ["a", "b"]))
    assert [reply.job for reply in folded.incomplete] == [HI]
    assert HI.reply_id in line.open_replies


def test_a_brain_that_begins_anew_discards_what_was_said_before() -> None:
    line = projection(HI, started(HI), part(HI, 0, "x"), part(HI, 1, "y"), started(HI, 2, restarted=True))
    fold(line, part(HI, 2, "late"))
    fold(line, part(HI, 0, "late"))
    fold(line, completed(HI, ["x", "y", "late"]))
    assert shown(line)[4:] == ["reply.started"], "the first attempt is over, whatever it still says"
    for event in (part(HI, 0, "a", 2), part(HI, 1, "b", 2), completed(HI, ["a", "b"], 2)):
        fold(line, event)
    assert shown(line)[5:] == WHOLE[2:]
    assert frames(line)[4]["restarted"] is True


def test_a_repeated_message_counts_once_and_its_job_is_dropped() -> None:
    line = projection(HI)
    assert fold(line, HI).dropped == [HI]
    assert shown(line) == WHOLE[:1]
    assert len(line.open_in(ANN, CONVERSATION)) == 1


def test_a_message_whose_reply_is_open_is_known_though_the_window_forgot_it() -> None:
    line = projection(HI)
    line._window.owner(ANN).keys.clear()
    assert fold(line, HI).dropped == [HI]
    assert len(line.open_in(ANN, CONVERSATION)) == 1


def test_one_more_reply_is_a_reply_of_its_own_to_the_same_message() -> None:
    more = accepted_regenerate(2, HI)
    line = projection(*whole(HI, "a", "b"), more, started(more), part(more, 0, "c"), completed(more, ["c"]))
    assert shown(line)[5:] == ["reply.started", "reply.delta 0 c", "reply.completed c stop"]
    assert {frame["message_id"] for frame in frames(line)[1:]} == {HI.id}


# --- what is derived


def test_a_stop_ends_a_reply_with_the_parts_seen_so_far() -> None:
    line = projection(HI, started(HI, when=at(30)), part(HI, 0, "a", when=at(50)), stopped(HI, when=at(90)))
    for late in (part(HI, 1, "b"), completed(HI, ["a", "b"])):
        fold(line, late)
    assert shown(line) == [*WHOLE[:3], "reply.completed a stopped"]
    assert frames(line)[-1]["timings"] == {"queued_ms": 30, "first_part_ms": 20, "total_ms": 90}
    assert not line.open_replies


def test_a_message_stopped_while_it_waited_ends_without_text() -> None:
    line = Projection("e1")
    fold(line, HI, stopped(HI, when=at(7)))
    assert shown(line) == ["message.created hi", "reply.completed  stopped"]
    assert frames(line)[-1]["parts"] == 0


def test_a_stop_ends_the_reply_it_names_and_no_other_to_the_same_message() -> None:
    more = accepted_regenerate(2, HI)
    line = projection(HI, started(HI), part(HI, 0, "a"))
    fold(line, more, stopped(more))
    assert list(line.open_replies) == [HI.reply_id]
    assert frames(line)[-1]["reply_id"] == more.reply_id


def test_a_stop_before_its_reply_was_requested_stops_nothing() -> None:
    assert projection(stopped(HI), HI).open_replies.keys() == {HI.reply_id}


def test_a_parked_job_ends_in_one_failure() -> None:
    line = projection(HI, started(HI), part(HI, 0, "a"))
    for _ in range(2):
        line.fold(record(line.reached.offset + 1, HI, key=RoutingKey.PARKED), 0.0)
    assert shown(line) == [*WHOLE[:3], "reply.failed delivery_limit"]


def test_each_of_several_parked_jobs_of_one_record_fails() -> None:
    second = accepted_message(2, "two")
    line = projection(HI, second)
    line.fold(record(2, HI, second, key=RoutingKey.PARKED), 0.0)
    assert shown(line)[2:] == ["reply.failed delivery_limit"] * 2
    assert len({frame["cursor"] for frame in frames(line)}) == 4


def test_a_parked_body_that_is_no_job_is_counted_and_passed_over() -> None:
    line = projection(HI)
    assert line.fold(Record(1, RoutingKey.PARKED, b"what?"), 0.0).unreadable == 1
    assert line.open_replies


# --- deleted conversations


def test_a_message_that_comes_too_late_is_not_shown_and_ends_in_one_failure() -> None:
    late = accepted_message(2)
    line = projection(*whole(HI, "a", "b"), deleted(), late, late, started(late), part(late, 0, "x"), completed(late, ["x"]))
    assert shown(line)[6:] == ["reply.failed conversation_deleted"]
    assert not line.open_replies


def test_of_a_deleted_conversation_nothing_more_is_stored() -> None:
    line = projection(HI, started(HI), deleted(), part(HI, 0, "a"), completed(HI, ["a"]), renamed("again"))
    facts = line.facts(ANN)
    assert [type(fact) for fact in facts] == [MessageView, Deleted, Renamed]
    assert "reply.completed a stop" in shown(line), "its sender gets the end all the same"


def test_conversations_of_one_name_under_two_owners_are_two() -> None:
    line = projection(deleted(owner=BEN), HI)
    assert shown(line) == ["message.created hi"]
