"""What is yet to be stored, what is remembered until then, and what may be forgotten."""

import json

from myna.core.projection import Projection
from myna.protocol.events import BEGINNING, Position
from myna.protocol.views import MessageView
from myna.store.port import Checkpoint, Renamed
from tests.unit.core.folding import HI, checkpoint, fold, frames, missed, pending, projection, since, store
from tests.unit.log_events import (
    ANN,
    BEN,
    CONVERSATION,
    accepted_message,
    body,
    deleted,
    failed,
    renamed,
    started,
    whole,
)  # fmt: skip


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


def test_a_projection_knows_whether_it_remembers_all_that_an_older_database_lacks() -> None:
    line = projection(*whole(HI, "a"))
    before = checkpoint(line)
    assert line.remembers_since(None)
    fold(line, *whole(accepted_message(2), "b"))
    store(line)
    line._window._limit = 0
    fold(line, *whole(accepted_message(3), "c"))
    assert line.remembers_since(line.stored)
    assert not line.remembers_since(before)
    assert not line.remembers_since(None)


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
    assert sum(map(len, since(line, ANN))) <= 1_000
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
        got = missed(line, ANN, "e1", cursor)
        if got is not None:
            assert len(got) == len(events) - number, "all or nothing"
    assert missed(line, ANN, "e1", cursors[0]) is None
    assert missed(line, ANN, "e1", cursors[-1]) == []


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
    assert missed(line, ANN, "e1", line.cursor(ANN)) == []
    assert missed(line, ANN, "e1", line.cursor(BEN)) is None
    assert missed(line, ANN, "e1", other.cursor(ANN)) is None
    assert missed(line, ANN, "e2", line.cursor(ANN)) is None
    assert missed(line, ANN, "e1", line.cursor(ANN, Position(0, 1))) is None
    assert missed(line, ANN, "e1", line.cursor(ANN, Position(-9, 0))) is None
    assert missed(line, ANN, "e1", "garbage") is None


def test_frames_of_one_record_have_cursors_of_their_own() -> None:
    line = Projection("e1")
    fold(line, *whole(HI, "a", "b"))
    got = since(line, ANN)
    for number, frame in enumerate(got):
        assert missed(line, ANN, "e1", json.loads(frame)["cursor"]) == got[number + 1 :]
