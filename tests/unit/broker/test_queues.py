"""The in-process broker's queues as plain data: what they keep, in which order, and for how long."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.broker.embedded import queues as queues_module
from myna.broker.embedded.journal import Journal
from myna.broker.embedded.queues import Acked, Entry, Published, PutAside, Queues, Removed, Returned, Taken
from myna.protocol.topology import DELIVERY_LIMIT, RoutingKey

DAY_MS = 86_400_000


def event(number: int, body: bytes = b"", at_ms: int = 0) -> Published:
    return Published(number, RoutingKey.EVENT.value, at_ms, body)


def contents(queues: Queues) -> dict[str, object]:
    """Everything that can be seen of queues, also by taking all their work."""
    work = []
    while (following := queues.next_work) is not None:
        work.append((following.number, following.body, following.tries, following.at_ms))
        queues.apply(Taken(following.number))
    span = (queues.first_offset, queues.next_offset, queues.next_number)
    return {"log": list(queues.log), "dead": dict(queues.dead_letters), "span": span, "work": sorted(work)}


def test_the_log_forgets_the_oldest_when_it_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues_module, "LOG_BYTES", 100_000)
    queues = Queues()
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


def test_a_moment_is_found_in_the_log() -> None:
    queues = Queues()
    for number in range(5):
        queues.apply(event(number, at_ms=number * 10))
    assert [queues.first_at(moment) for moment in (-5, 0, 11, 20, 41)] == [0, 0, 2, 2, 5]


def test_what_came_back_is_given_out_before_what_never_was() -> None:
    queues = Queues()
    for number in range(3):
        queues.apply(Published(number, RoutingKey.WORK.value, 0, b""))
    for number in range(2):
        queues.apply(Taken(number))
    queues.apply(Returned(1))
    queues.apply(Returned(0))
    assert [number for number, *_ in order(queues)] == [1, 0, 2]


def order(queues: Queues) -> list[tuple[int, int]]:
    given_out = []
    while (work := queues.next_work) is not None:
        queues.apply(Taken(work.number))
        given_out.append((work.number, work.tries))
    return given_out


def test_work_in_nobodys_hands_any_more_is_given_back_or_put_aside() -> None:
    queues = Queues()
    for number in range(2):
        queues.apply(Published(number, RoutingKey.WORK.value, 0, b"%d" % number))
        queues.apply(Taken(number))
    for _ in range(DELIVERY_LIMIT):
        queues.apply(Returned(1))
        queues.apply(Taken(1))
    queues.give_all_back(7)
    assert order(queues) == [(0, 1)]
    assert [(dead.body, dead.reason, dead.at_ms) for dead in queues.dead_letters.values()] == [(b"1", "delivery_limit", 7)]
    assert [(kept.key, kept.body) for kept in queues.log] == [("parked", b"1")]


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Entries as a broker writes them: each is possible after the ones before it."""
    queues, entries = Queues(), list[Entry]()
    for step in range(draw(st.integers(0, 40))):
        possible: list[Entry] = [Published(queues.next_number, draw(st.sampled_from(RoutingKey)).value, step, draw(st.binary(max_size=20)))]
        if queues.next_work is not None:
            possible.append(Taken(queues.next_work.number))
        for number in queues.unacked:
            possible += [Acked(number), Returned(number), PutAside(number, "rejected", step)]
        possible += [Removed(number) for number in queues.dead_letters]
        entry = draw(st.sampled_from(possible))
        queues.apply(entry)
        entries.append(entry)
    return entries


def after(entries: list[Entry]) -> Queues:
    queues = Queues()
    for entry in entries:
        queues.apply(entry)
    return queues


@given(histories())
def test_a_snapshot_makes_the_same_queues_again(entries: list[Entry]) -> None:
    again = after(list(after(entries).snapshot()))
    expected = after(entries)
    assert {number: work.tries for number, work in again.unacked.items()} == {
        number: work.tries for number, work in expected.unacked.items()
    }
    assert contents(again) == contents(expected)


@given(histories(), st.integers(0, 40), st.integers(0, 30))
def test_a_journal_holds_exactly_what_was_written_up_to_where_it_is_torn(entries: list[Entry], whole: int, torn: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal = Journal(path)
        journal.open()
        journal.append(entries[:whole])
        size = path.stat().st_size
        journal.append(entries[whole : whole + 1])
        journal.close()
        with path.open("r+b") as file:
            file.truncate(min(size + torn, max(size, path.stat().st_size - 1)))
        expected = after(entries[:whole])
        expected.give_all_back(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("myna.protocol.timestamps.now_ms", lambda: 0)
            assert contents(journal.open()) == contents(expected)
        journal.close()
