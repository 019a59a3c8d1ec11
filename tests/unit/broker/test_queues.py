"""The embedded broker's queues keep what they are given, in order, and for as long as they should."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.broker.embedded.journal import Journal
from myna.broker.embedded.queues import (
    Acked,
    DeadLettered,
    DeadLetterRemoved,
    Delivered,
    JournalEntry,
    Published,
    Queues,
    Requeued,
)
from myna.protocol.topology import DELIVERY_LIMIT, RECORD_OVERHEAD, LogLimits, RoutingKey

DAY_MS = 86_400_000


def event(number: int, body: bytes = b"", at_ms: int = 0) -> Published:
    return Published(number, RoutingKey.EVENT.value, at_ms, body)


def contents(queues: Queues) -> dict[str, object]:
    """Everything that can be seen of queues, also by delivering all their messages."""
    messages = []
    while (following := queues.next_message) is not None:
        messages.append((following.number, following.body, following.tries, following.at_ms))
        queues.apply(Delivered(following.number))
    span = (queues.first_offset, queues.next_offset, queues.next_number)
    return {"log": list(queues.log), "dead": dict(queues.dead_letters), "span": span, "messages": sorted(messages)}


def test_the_log_forgets_the_oldest_when_it_holds_too_much() -> None:
    queues = Queues(LogLimits(max_bytes=100_000))
    for number in range(1000):
        queues.apply(event(number, b"x" * 1000))
    assert queues.next_offset == 1000
    assert 60 <= len(queues.log) <= 84
    assert queues.first_offset == 1000 - len(queues.log)
    assert queues.records(0, 2)[0].offset == queues.first_offset
    assert [record.offset for record in queues.records(998, 9)] == [998, 999]


def test_the_log_forgets_what_is_too_old_but_never_its_last_record() -> None:
    queues = Queues()
    for day in range(10):
        queues.apply(event(day, at_ms=day * DAY_MS))
    assert [kept.at_ms // DAY_MS for kept in queues.log] == [2, 3, 4, 5, 6, 7, 8, 9]
    queues.apply(event(10, at_ms=1000 * DAY_MS))
    assert [kept.offset for kept in queues.log] == [10]


def test_a_record_of_exactly_the_oldest_age_is_kept_when_an_older_one_goes() -> None:
    queues = Queues()
    for number, at_ms in enumerate((0, 1, 2)):
        queues.apply(event(number, at_ms=at_ms))
    queues.apply(event(3, at_ms=7 * DAY_MS + 1))
    assert [kept.at_ms for kept in queues.log] == [1, 2, 7 * DAY_MS + 1]


def test_a_log_that_holds_too_much_goes_down_to_seven_eighths_and_no_further() -> None:
    body = b"x" * (300 - RECORD_OVERHEAD)
    queues = Queues(LogLimits(max_bytes=8 * 300))
    for number in range(8):
        queues.apply(event(number, body))
    assert len(queues.log) == 8, "full, and not too full"
    queues.apply(event(8, body))
    assert len(queues.log) == 7


def test_a_time_is_found_in_the_log() -> None:
    queues = Queues()
    for number in range(5):
        queues.apply(event(number, at_ms=number * 10))
    assert [queues.first_at(time) for time in (-5, 0, 11, 20, 41)] == [0, 0, 2, 2, 5]


def test_requeued_messages_are_given_out_before_those_that_never_were() -> None:
    queues = Queues()
    for number in range(3):
        queues.apply(Published(number, RoutingKey.WORK.value, 0, b""))
    for number in range(2):
        queues.apply(Delivered(number))
    queues.apply(Requeued(1))
    queues.apply(Requeued(0))
    assert [number for number, *_ in order(queues)] == [1, 0, 2]


def order(queues: Queues) -> list[tuple[int, int]]:
    given_out = []
    while (message := queues.next_message) is not None:
        queues.apply(Delivered(message.number))
        given_out.append((message.number, message.tries))
    return given_out


def test_messages_that_nobody_holds_any_more_are_requeued_or_become_dead_letters() -> None:
    queues = Queues()
    for number in range(2):
        queues.apply(Published(number, RoutingKey.WORK.value, 0, b"%d" % number))
        queues.apply(Delivered(number))
    for _ in range(DELIVERY_LIMIT):
        queues.apply(Requeued(1))
        queues.apply(Delivered(1))
    queues.requeue_all(7)
    assert order(queues) == [(0, 1)]
    assert [(dead.body, dead.reason, dead.at_ms) for dead in queues.dead_letters.values()] == [(b"1", "delivery_limit", 7)]
    assert [(kept.key, kept.body) for kept in queues.log] == [("parked", b"1")]


@st.composite
def histories(draw: st.DrawFn) -> list[JournalEntry]:
    """Entries as a broker writes them: each is possible after the ones before it."""
    queues, entries = Queues(), list[JournalEntry]()
    for step in range(draw(st.integers(0, 40))):
        possible: list[JournalEntry] = [
            Published(queues.next_number, draw(st.sampled_from(RoutingKey)).value, step, draw(st.binary(max_size=20)))
        ]
        if queues.next_message is not None:
            possible.append(Delivered(queues.next_message.number))
        for number in queues.unacked:
            possible += [Acked(number), Requeued(number), DeadLettered(number, "rejected", step)]
        possible += [DeadLetterRemoved(number) for number in queues.dead_letters]
        entry = draw(st.sampled_from(possible))
        queues.apply(entry)
        entries.append(entry)
    return entries


def after(entries: list[JournalEntry]) -> Queues:
    queues = Queues()
    for entry in entries:
        queues.apply(entry)
    return queues


@given(histories())
def test_a_snapshot_makes_the_same_queues_again(entries: list[JournalEntry]) -> None:
    again = after(list(after(entries).snapshot()))
    expected = after(entries)
    assert {number: message.tries for number, message in again.unacked.items()} == {
        number: message.tries for number, message in expected.unacked.items()
    }
    assert contents(again) == contents(expected)


@given(histories(), st.integers(0, 40), st.integers(0, 30))
def test_a_journal_holds_exactly_what_was_written_up_to_where_it_is_cut_off(entries: list[JournalEntry], whole: int, extra: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal = Journal(path)
        journal.open()
        journal.append(entries[:whole])
        size = path.stat().st_size
        journal.append(entries[whole : whole + 1])
        journal.close()
        with path.open("r+b") as file:
            file.truncate(min(size + extra, max(size, path.stat().st_size - 1)))
        expected = after(entries[:whole])
        expected.requeue_all(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("myna.protocol.timestamps.now_ms", lambda: 0)
            assert contents(journal.open()) == contents(expected)
        journal.close()


# Written by the release that introduced the journal: every kind of entry, and a message in each place it can be.
EARLIER = Path(__file__).with_name("earlier.journal")


def test_a_journal_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(EARLIER.read_bytes())
    journal = Journal(path)
    queues = journal.open()
    journal.close()
    assert [(record.key, record.body) for record in queues.log] == [
        ("event", b"fact"),
        ("message", b"one"),
        ("parked", b"bad"),
        ("parked", b"removed"),
    ]
    assert [letter.body for letter in queues.dead_letters.values()] == [b"bad"]
    assert sorted(order(queues)) == [(1, 4), (2, 3), (4, 1)]
