"""A new log takes over what was not stored of the old one, and nothing else."""

from myna.core.projection import Projection
from myna.protocol.events import BEGINNING
from myna.protocol.views import MessageView
from myna.store.port import Renamed
from tests.unit.core.folding import HI, fold, pending, projection, shown, since, store
from tests.unit.log_events import (
    ANN,
    CONVERSATION,
    accepted_message,
    accepted_regenerate,
    completed,
    part,
    records,
    renamed,
    started,
    stopped,
    uid,
    whole,
)  # fmt: skip


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
        assert sum(map(len, since(line, ANN))) <= limit
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
    assert since(line, ANN) == []
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
