"""Parts of a reply in one record are read as a run, and come to what they come to in records of their own."""

import json
from typing import Any

import pytest

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.protocol.events import BEGINNING
from myna.protocol.topology import RoutingKey
from tests.unit.log_events import ANN, BEN, accepted_message, body, completed, part, started

HI = accepted_message(1, "hi")
OPENING = [body(HI), body(started(HI))]
TEXTS = ["a", "", 'said "so"', "\\", "é\u2028\n", "🙂", "\x7f"]
FIRST, SECOND = (body(part(HI, index, TEXTS[index])) for index in range(2))


def spoken(*together: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """The frames of a log with these records, without their cursors, and how many lines were unreadable."""
    projection, unreadable = Projection("e1"), 0
    for offset, lines in enumerate(together):
        unreadable += projection.fold(Record(offset, RoutingKey.EVENT, b"\n".join(lines)), 0.0).unreadable
    frames = [json.loads(frame) for frame in projection.missed(ANN, "e1", projection.cursor(ANN, BEGINNING)) or ()]
    assert [frame.pop("cursor") for frame in frames] == [
        projection.cursor(ANN, entry.position) for entry in projection.newest_entries(1000) if entry.frame
    ]
    return frames, unreadable


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
