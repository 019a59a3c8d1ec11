"""Parts of a reply in one record are read as a run, and come to what they come to in records of their own."""

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.core.window import OWNER_BYTES
from myna.pipeline.relay_metrics import RelayMetrics
from myna.protocol.events import Position
from myna.protocol.part_runs import MOST_PARTS
from myna.protocol.topology import RoutingKey
from tests.unit.core.folding import missed, since
from tests.unit.log_events import ANN, BEN, accepted_message, at, body, completed, part, renamed, started

HI = accepted_message(1, "hi")
HO = accepted_message(2, "ho", owner=BEN)
OPENING = [body(HI), body(started(HI))]
TEXTS = ["a", "", 'said "so"', "\\", "é\u2028\n", "🙂", "\x7f"]
FIRST, SECOND = (body(part(HI, index, TEXTS[index])) for index in range(2))


@dataclass
class Read:
    """What came of a log."""

    projection: Projection
    begins: list[int]  # the number of the first line of each record
    unreadable: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def without_cursors(self) -> list[dict[str, Any]]:
        """The frames of both owners."""
        return [{name: value for name, value in frame.items() if name != "cursor"} for frame in self._frames()]

    def lines(self) -> list[int]:
        """The number of the log's line that each of these frames has its cursor of."""
        positions = (Position(*map(int, frame["cursor"].split(".")[:2])) for frame in self._frames())
        return [self.begins[position.offset] + position.line for position in positions]

    def _frames(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for owner in (ANN, BEN) for frame in since(self.projection, owner)]


def read(*together: list[bytes]) -> Read:
    """A log of these records has been read."""
    seen, metrics = Read(Projection("e1"), [0, *accumulate(map(len, together))]), RelayMetrics()
    for offset, lines in enumerate(together):
        folded = seen.projection.fold(Record(offset, RoutingKey.EVENT, b"\n".join(lines)), 0.0)
        assert folded.faults == ()
        seen.unreadable += folded.unreadable
        metrics.observe(folded)
    seen.counts = metrics.counts
    return seen


def spoken(*together: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """The frames of a log with these records, without their cursors, and how many lines were unreadable."""
    seen = read(*together)
    return seen.without_cursors(), seen.unreadable


def test_parts_in_one_record_get_the_frames_that_they_get_alone() -> None:
    lines = [*OPENING, *(body(part(HI, index, text)) for index, text in enumerate(TEXTS)), body(completed(HI, TEXTS))]

    together, alone = spoken(lines), spoken(*([line] for line in lines))

    assert together == alone
    assert [frame["text"] for frame in together[0] if frame["type"] == "reply.delta"] == TEXTS


CHANGED = {
    "a field of a newer release": SECOND[:-1] + b',"mood":1}',
    "another owner behind the text": SECOND[:-1] + b',"owner":"%b"}' % BEN.encode(),
    "the text twice": SECOND[:-1] + b',"text":"other"}',
    "a blank at the end": SECOND + b" ",
    "a line feed of Windows": SECOND + b"\r",
    "no text": SECOND[: SECOND.index(b',"text"')] + b"}",
    "no text but null": SECOND[: SECOND.index(b',"text"')] + b',"text":null}',
    "an index below zero": SECOND.replace(b'"index":1', b'"index":-1'),
    "an index beyond all": SECOND.replace(b'"index":1', b'"index":2147483648'),
    "an index that leaves one out": SECOND.replace(b'"index":1', b'"index":2'),
    "the first one again": FIRST,
    "an earlier attempt": body(part(HI, 1, "b", attempt=0)),
    "half a line": SECOND[:-4],
    "nothing": b"",
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_a_line_among_parts_that_is_no_next_part_counts_as_it_does_alone(changed: bytes) -> None:
    lines = [*OPENING, FIRST, changed, SECOND, body(part(HI, 2, "c"))]

    assert spoken(lines) == spoken(*([line] for line in lines))


@pytest.mark.parametrize("behind", [b',"mood":1', b',"attempt":5'], ids=["a field of a newer release", "the attempt once more"])
def test_what_stands_behind_a_parts_text_says_nothing_of_the_next_parts(behind: bytes) -> None:
    lines = [*OPENING, FIRST[:-1] + behind + b"}", SECOND]

    assert spoken(lines) == spoken(*([line] for line in lines))


def test_two_parts_in_one_line_are_none() -> None:
    lines = [*OPENING, FIRST, SECOND + b',{"index":2,"text":"c"}', body(part(HI, 3, "d"))]

    assert spoken(lines) == spoken(*([line] for line in lines))


@st.composite
def answers(draw: st.DrawFn) -> list[bytes]:
    """Lines of two replies in turn: stretches of their parts, which repeat some, leave some out, change attempt or moment, and noise."""
    lines = [body(event) for job in (HI, HO) for event in (job, started(job))]
    for _ in range(draw(st.integers(1, 8))):
        job, attempt, when = draw(st.sampled_from([HI, HI, HI, HO])), draw(st.integers(0, 2)), at(draw(st.integers(0, 1)))
        begin = draw(st.integers(0, 12))
        lines += [body(part(job, n, TEXTS[n % len(TEXTS)], attempt, when=when)) for n in range(begin, begin + draw(st.integers(0, 12)))]
        lines += draw(st.lists(st.sampled_from([b"", b"{", body(renamed("title")), *CHANGED.values()]), max_size=1))
    return lines


@settings(max_examples=200)
@given(answers(), st.lists(st.integers(0, 100), max_size=4))
def test_wherever_records_begin_every_reader_of_the_log_gets_the_same(lines: list[bytes], cuts: list[int]) -> None:
    begins = sorted({0, *(cut % len(lines) for cut in cuts)})
    together, alone = read(*(lines[i:j] for i, j in pairwise([*begins, len(lines)]))), read(*([line] for line in lines))

    for one in (together, alone):
        for owner in (ANN, BEN):
            frames = since(one.projection, owner)
            for number, frame in enumerate(frames):
                assert missed(one.projection, owner, "e1", json.loads(frame)["cursor"]) == frames[number + 1 :]
    assert (together.without_cursors(), together.lines()) == (alone.without_cursors(), alone.lines())
    assert (together.unreadable, together.counts) == (alone.unreadable, alone.counts)
    assert together.projection.unsettled() == alone.projection.unsettled()
    assert [reply.view() for reply in together.projection.open_replies.values()] == [
        reply.view() for reply in alone.projection.open_replies.values()
    ]


def test_of_a_run_all_is_forgotten_at_once_and_who_has_its_last_part_resumes() -> None:
    lines = [body(part(HI, index, text)) for index, text in enumerate(TEXTS)]
    projection = read([*OPENING, *lines, body(renamed("title"))]).projection
    projection._window._limit = projection._window._order[-1].weight + OWNER_BYTES
    projection.stored_to(projection.batch()[0])

    last = Position(0, len(OPENING) + len(TEXTS) - 1)
    assert missed(projection, ANN, "e1", projection.cursor(ANN, Position(0, last.line - 1))) is None
    assert [json.loads(frame)["title"] for frame in missed(projection, ANN, "e1", projection.cursor(ANN, last)) or ()] == ["title"]


def test_as_many_parts_are_remembered_and_counted_as_were_asked_for() -> None:
    lines = [body(part(HI, index, "x")) for index in range(2 * MOST_PARTS + 5)]
    entries = read([*OPENING, *lines]).projection.newest_entries
    assert [entry.count for entry in entries(1000)] == [1, 1, MOST_PARTS, MOST_PARTS, 5]
    assert [entry.count for entry in entries(MOST_PARTS + 5)] == [MOST_PARTS, 5]
    assert [entry.count for entry in entries(MOST_PARTS + 4)] == [5]
