"""What counts in the log and what does not, what is remembered, and what may be forgotten."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from myna.broker.port import Record
from myna.core.fold_rules import FoldResult
from myna.core.projection import Projection
from myna.core.replies import OpenReply
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.events import BEGINNING, Position
from myna.protocol.topology import RoutingKey
from myna.protocol.views import MessageView
from myna.store.port import Checkpoint, Deleted, Fact, Renamed
from tests.unit.log_events import (
    ANN,
    BEN,
    CONVERSATION,
    OTHER_CONVERSATION,
    accepted_message,
    accepted_regenerate,
    at,
    body,
    completed,
    deleted,
    failed,
    part,
    record,
    records,
    renamed,
    started,
    stopped,
    uid,
    whole,
)  # fmt: skip

HI = accepted_message(1, "hi")


def fold(projection: Projection, *events: e.LogLine) -> FoldResult:
    """Fold these as one record, next in the log."""
    return projection.fold(record(projection.reached.offset + 1, *events), 0.0)


def projection(*events: e.LogLine) -> Projection:
    """One that has read these, a record each."""
    made = Projection("e1")
    for event in events:
        fold(made, event)
    return made


def frames(line: Projection, owner: str = ANN) -> list[dict[str, object]]:
    return [json.loads(frame) for frame in line._window.since(owner, BEGINNING)]


def shown(line: Projection, owner: str = ANN) -> list[str]:
    """What sockets are shown, in short."""
    fields = ("type", "index", "text", "finish_reason", "code")
    return [" ".join(str(frame[key]) for key in fields if key in frame) for frame in frames(line, owner)]


def checkpoint(line: Projection) -> Checkpoint:
    return line.batch()[0]


def pending(line: Projection) -> list[Fact]:
    return line.batch()[1]


WHOLE = ["message.created hi", "reply.started", "reply.delta 0 a", "reply.delta 1 b", "reply.completed ab stop"]


# --- what counts


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


# --- what others write


def test_events_of_another_owner_conversation_or_message_do_not_touch_a_reply() -> None:
    line = projection(HI, started(HI))
    for foreign in (part(HI, 0, "evil"), completed(HI, []), failed(HI), stopped(HI), started(HI, 9)):
        fold(line, replace(foreign, owner=BEN))
        fold(line, replace(foreign, conversation_id=OTHER_CONVERSATION))
        fold(line, replace(foreign, message_id=uid(9)))
    assert shown(line) == WHOLE[:2]
    assert shown(line, BEN) == []
    assert line.open_replies[HI.reply_id].attempt == 1


def test_a_job_with_the_reply_id_of_another_owners_open_reply_does_not_replace_it() -> None:
    line = projection(HI)
    fold(line, replace(accepted_message(7, "evil", owner=BEN), reply_id=HI.reply_id))
    assert line.open_replies[HI.reply_id].job == HI
    assert shown(line, BEN) == []


UNREADABLE = (b"", b"{", b"null", b"[]", b"\xff", b'{"type":"reply.delta"}', b'"type":"', b"0" * 5000, b"[" * 5000)


@pytest.mark.parametrize("garbage", UNREADABLE)
def test_an_unreadable_line_is_counted_and_its_neighbours_count(garbage: bytes) -> None:
    line = Projection("e1")
    folded = line.fold(Record(0, RoutingKey.EVENT, body(HI) + b"\n" + garbage + b"\n" + body(started(HI))), 0.0)
    assert folded.unreadable == (1 if garbage else 0)
    assert shown(line) == WHOLE[:2]
    assert line.reached == Position(0, 2)


def test_a_line_of_a_newer_releases_type_is_counted_and_its_neighbours_count() -> None:
    line = Projection("e1")
    rated = b'{"owner":"%b","type":"reply.rated","at":"%b","stars":5}' % (ANN.encode(), at(1).encode())
    folded = line.fold(Record(0, RoutingKey.EVENT, b"\n".join((body(HI), rated, body(started(HI))))), 0.0)
    assert (folded.unknown, folded.unreadable) == (1, 0)
    assert shown(line) == WHOLE[:2]


@pytest.mark.parametrize("event", [HI, started(HI), part(HI, 0, "a"), completed(HI, [])], ids=lambda event: event.type)
def test_sockets_get_the_fields_that_this_release_knows_wherever_others_stand(event: e.Event) -> None:
    fields: dict[str, Any] = json.loads(log_codec.encode(event))
    inner_first, outer_last = {"owner": event.owner, "trace": "t"} | fields, fields | {"mood": "good"}
    for written in (inner_first, outer_last):
        line = projection() if isinstance(event, e.Job) else projection(HI)
        line.fold(Record(line.reached.offset + 1, RoutingKey.EVENT, json.dumps(written, separators=(",", ":")).encode()), 0.0)
        ours = projection(event) if isinstance(event, e.Job) else projection(HI, event)
        assert line._window.since(ANN, BEGINNING) == ours._window.since(ANN, BEGINNING)


def test_a_start_at_no_time_is_passed_over_and_the_stop_after_it_counts() -> None:
    line = projection(HI)
    soon = log_codec.encode(started(HI)).replace(at(0).encode(), b"soon")
    assert line.fold(Record(1, RoutingKey.EVENT, soon), 0.0).unreadable == 1
    fold(line, stopped(HI, when=at(7)))
    assert shown(line) == ["message.created hi", "reply.completed  stopped"]


def test_a_rule_that_raises_is_reported_with_its_line_and_its_neighbours_count(monkeypatch: pytest.MonkeyPatch) -> None:
    line = projection(HI)
    monkeypatch.setattr(OpenReply, "start", lambda reply, event: 1 // 0)
    folded = fold(line, renamed("before"), started(HI), renamed("after"))
    assert [(number, type(fault)) for number, fault in folded.faults] == [(1, ZeroDivisionError)]
    assert [frame["title"] for frame in frames(line)[1:]] == ["before", "after"]
    assert line.reached == Position(1, 2)


def written_by_others(event: e.Event, how: str) -> bytes:
    """The same event, written as somebody else might."""
    fields: dict[str, Any] = json.loads(log_codec.encode(event))
    tight = (",", ":")
    ways = {
        "as we do": json.dumps(fields, separators=tight, ensure_ascii=False),
        "with blanks": json.dumps(fields),
        "in another order": json.dumps(dict(sorted(fields.items(), reverse=True)), separators=tight),
        "the inner fields last": json.dumps(dict(list(fields.items())[::-1]), separators=tight),
        "owner first, the rest behind": json.dumps({"owner": event.owner, "type": event.type} | fields, separators=tight),
        "a blank at the end": json.dumps(fields, separators=tight) + " \r",
    }
    return ways[how].encode()


WRITINGS = ("as we do", "with blanks", "in another order", "the inner fields last", "owner first, the rest behind", "a blank at the end")


@pytest.mark.parametrize("how", WRITINGS)
def test_what_others_wrote_is_shown_as_if_we_had(how: str) -> None:
    ours, theirs = Projection("e1"), Projection("e1")
    message = replace(HI, options=e.Options(profile="fast"))
    events: list[e.Event] = [message, started(HI), part(HI, 0, 'a"type":"'), completed(HI, ['a"type":"']), renamed("t")]
    for offset, event in enumerate(events):
        ours.fold(Record(offset, RoutingKey.EVENT, log_codec.encode(event)), 0.0)
        theirs.fold(Record(offset, RoutingKey.EVENT, written_by_others(event, how)), 0.0)
    assert theirs._window.since(ANN, BEGINNING) == ours._window.since(ANN, BEGINNING)
    assert not [frame for frame in frames(theirs) if "owner" in frame]
    assert frames(theirs)[0]["options"] == {"profile": "fast"}


# --- what is stored, and remembered until then


def store(line: Projection) -> None:
    line.stored_to(checkpoint(line))


def test_the_checkpoint_never_passes_a_reply_that_is_open() -> None:
    line = projection(*whole(HI, "a"), accepted_message(2), started(accepted_message(2)))
    mark = checkpoint(line)
    assert (mark.low, mark.high) == (Position(4, 0), line.reached)
    fold(line, failed(accepted_message(2)))
    assert checkpoint(line).low == line.reached


def test_what_is_stored_is_not_pending_and_what_comes_after_is() -> None:
    line = projection(*whole(HI, "a"))
    assert [fact.id for fact in pending(line) if isinstance(fact, MessageView)] == [HI.id, HI.reply_id]
    store(line)
    assert not line.pending
    fold(line, renamed("title"))
    assert pending(line) == line.unstored(ANN) == [Renamed(ANN, CONVERSATION, "title")]


def test_what_the_database_may_not_hold_whole_begins_with_the_oldest_reply_that_was_open() -> None:
    line = projection(*whole(HI, "a"), accepted_message(2), started(accepted_message(2)))
    assert line.unsettled() == body(*whole(HI, "a"), accepted_message(2), started(accepted_message(2))).split(b"\n"), "nothing is stored"
    store(line)
    assert line.unsettled() == body(accepted_message(2), started(accepted_message(2))).split(b"\n")
    line.stored_to(Checkpoint("another log", line.reached, line.reached, ""))
    assert line.unsettled() == body(*whole(HI, "a"), accepted_message(2), started(accepted_message(2))).split(b"\n")


def test_what_a_restored_backup_lacks_is_to_be_stored_again() -> None:
    line = projection(*whole(HI, "a"))
    store(line)
    backup = line.stored
    assert backup is not None
    fold(line, renamed("title"))
    store(line)
    line.stored_to(backup)
    assert pending(line) == line.unstored(ANN) == [Renamed(ANN, CONVERSATION, "title")]


def test_the_window_forgets_the_oldest_but_nothing_that_is_not_stored() -> None:
    line = Projection("e1")
    line._window._limit = 1_000
    events = [event for number in range(1, 20) for event in whole(accepted_message(number), "a", "b")]
    for event in events:
        fold(line, event)
    assert len(frames(line)) == len(events), "nothing is stored, so nothing is forgotten"
    assert line._window.resumable == BEGINNING
    half = Checkpoint("e1", Position(40, 0), Position(40, 0), "")
    line.stored_to(half)
    assert line._window.resumable == Position(40, 0)
    assert len(frames(line)) == len(events) - 41
    assert line.unstored(ANN) == pending(line)
    assert len(pending(line)) == 2 * 19 - 2 * 8 - 1
    store(line)
    assert sum(map(len, line._window.since(ANN, BEGINNING))) <= 1_000
    assert not line._window.holds_all_of(0)


def test_what_is_forgotten_is_not_resumed_from() -> None:
    line = Projection("e1")
    line._window._limit = 1_000
    events = [event for number in range(1, 20) for event in whole(accepted_message(number), "a", "b")]
    cursors = [line.cursor(ANN)]
    for event in events:
        fold(line, event)
        cursors.append(line.cursor(ANN))
    store(line)
    for number, cursor in enumerate(cursors):
        missed = line.missed(ANN, "e1", cursor)
        if missed is not None:
            assert len(missed) == len(events) - number, "all or nothing"
    assert line.missed(ANN, "e1", cursors[0]) is None
    assert line.missed(ANN, "e1", cursors[-1]) == []


def test_an_owner_of_whom_everything_is_forgotten_takes_no_memory() -> None:
    line = Projection("e1")
    line._window._limit = 0
    for event in [*whole(HI, "a"), deleted()]:
        fold(line, event)
    store(line)
    assert line._window.of(ANN) is None
    assert (line._window._bytes, len(line._window._order)) == (0, 0)


def test_a_cursor_of_somebody_else_another_epoch_or_beyond_the_end_is_not_resumed_from() -> None:
    line, other = projection(HI), Projection("e2")
    assert line.missed(ANN, "e1", line.cursor(ANN)) == []
    assert line.missed(ANN, "e1", line.cursor(BEN)) is None
    assert line.missed(ANN, "e1", other.cursor(ANN)) is None
    assert line.missed(ANN, "e2", line.cursor(ANN)) is None
    assert line.missed(ANN, "e1", line.cursor(ANN, Position(0, 1))) is None
    assert line.missed(ANN, "e1", line.cursor(ANN, Position(-9, 0))) is None
    assert line.missed(ANN, "e1", "garbage") is None


def test_frames_of_one_record_have_cursors_of_their_own() -> None:
    line = Projection("e1")
    fold(line, *whole(HI, "a", "b"))
    got = line._window.since(ANN, BEGINNING)
    for number, frame in enumerate(got):
        assert line.missed(ANN, "e1", json.loads(frame)["cursor"]) == got[number + 1 :]


# --- another log


def test_a_new_log_leaves_to_be_stored_what_is_not_stored_yet_and_nothing_else() -> None:
    line = projection(*whole(HI, "a"), accepted_message(2))
    store(line)
    fold(line, started(accepted_message(2)))
    fold(line, completed(accepted_message(2), []))
    before = pending(line)
    line.restart("e2")
    assert pending(line) == line.unstored(ANN) == before
    assert line.reached == BEGINNING
    fold(line, accepted_message(3))
    store(line)
    assert not line.pending
    assert line.unstored(ANN) == []


def test_what_was_stored_of_the_old_log_says_nothing_of_the_new_one() -> None:
    line = projection(*whole(HI, "a"))
    store(line)
    line.restart("e2")
    fold(line, accepted_message(2))
    assert [fact.id for fact in pending(line) if isinstance(fact, MessageView)] == [uid(2)]


def test_a_message_of_the_old_log_is_still_known_in_the_new_one() -> None:
    line = projection(*whole(HI, "a"))
    line.restart("e2")
    assert fold(line, HI).dropped == [HI]


def test_the_window_keeps_its_limit_after_the_log_was_replaced() -> None:
    line = Projection("e1")
    line._window._limit = limit = 5_000
    for number in range(1, 20):
        job = accepted_message(number, "x" * 1_000)
        fold(line, *whole(job, "a"), accepted_regenerate(100 + number, job), stopped(accepted_regenerate(100 + number, job)))
    line.restart("e2")
    for number in range(200, 260):
        fold(line, *whole(accepted_message(number), "a"))
        store(line)
        assert sum(map(len, line._window.since(ANN, BEGINNING))) <= limit
    assert len(line._window._order) < 100
    assert fold(line, accepted_message(1)).dropped == [], "what the old log held is forgotten first"


def test_what_was_stored_of_the_old_log_is_not_taken_for_unstored_in_the_new_one() -> None:
    line = projection(*whole(HI, "a"))
    store(line)
    fold(line, renamed("title"))
    for epoch in ("e2", "e3"):
        line.restart(epoch)
        assert line.unstored(ANN) == pending(line) == [Renamed(ANN, CONVERSATION, "title")]


def test_old_frames_are_not_resumed_in_a_new_log() -> None:
    line = projection(*whole(HI, "a"))
    before = line.cursor(ANN)
    line.restart("e2")
    assert line._window.since(ANN, BEGINNING) == []
    assert line.missed(ANN, "e1", before) is None
    assert line.missed(ANN, "e2", before) is None


def test_a_reply_that_was_open_goes_on_in_a_new_log() -> None:
    line = projection(HI, started(HI), part(HI, 0, "a"))
    line.restart("e2")
    for event in (started(HI, 2), part(HI, 1, "b", 2), completed(HI, ["a", "b"], 2)):
        fold(line, event)
    assert shown(line) == ["reply.started", "reply.delta 1 b", "reply.completed ab stop"]
    assert [fact.text for fact in pending(line) if isinstance(fact, MessageView)] == ["hi", "ab"]


def test_idle_time_is_measured_from_the_last_event_of_a_reply() -> None:
    line = Projection("e1")
    for second, one in enumerate(records([HI, started(HI), accepted_message(2)])):
        line.fold(one, float(second))
    assert [reply.job.id for reply in line.idle_since(2.0)] == [HI.id]
    assert [reply.job.id for reply in line.idle_since(1.0)] == []
