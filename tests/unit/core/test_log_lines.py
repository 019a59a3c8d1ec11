"""Of a line of the log an operator sees the shape and no text, and each person only lines of their own."""

import json
from typing import Any

import pytest

from myna.broker.port import Record
from myna.core.log_lines import Wanted, decoded, lines_of, without_texts

SECRET = "nobody else may read this"


def record(*events: Any) -> Record:
    return Record(7, "event", b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in events))


def test_without_texts_ids_types_and_numbers_stay() -> None:
    event = {"owner": "o", "type": "reply.delta", "at": "now", "reply_id": "r", "index": 3, "text": SECRET, "parent_id": None}

    assert without_texts(event) == {**event, "text": {"chars": len(SECRET)}}


@pytest.mark.parametrize(
    "hidden",
    [
        {"title": SECRET},
        {"detail": SECRET},
        {"rules": SECRET},
        {"history": [{"role": "user", "text": SECRET}]},
        {"options": {"profile": "fast", "request": SECRET, "scenario": SECRET}},
        {"timings": {"queued_ms": 1, "remark": SECRET}},
        {"code": {"nested": SECRET}},
        {"id": [SECRET]},
        {"timings": SECRET},
        {"added_by_a_newer_release": SECRET},
    ],
    ids=lambda hidden: next(iter(hidden)),
)
def test_no_text_is_left_in_a_shape_wherever_it_stands(hidden: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(without_texts({"type": "message.created", **hidden}))


def test_a_persons_lines_are_those_of_which_they_are_the_owner() -> None:
    mine = {"owner": "ann", "type": "message.created", "text": "of ben"}
    theirs = {"owner": "ben", "type": "message.created", "text": '"owner":"ann"'}

    found = list(lines_of(record(theirs, mine, b"no json"), Wanted(owner="ann")))

    assert [(line.number, line.lines, line.event) for line in found] == [(1, 3, mine)]


def test_lines_are_chosen_by_conversation_reply_and_type() -> None:
    first = {"owner": "ann", "conversation_id": "c1", "reply_id": "r1", "type": "reply.delta"}
    second = {"owner": "ann", "conversation_id": "c1", "reply_id": "r2", "type": "reply.started"}

    def found(wanted: Wanted) -> list[Any]:
        return [line.event for line in lines_of(record(first, second), wanted)]

    assert found(Wanted(conversation_id="c1")) == [first, second]
    assert found(Wanted(reply_id="r2")) == [second]
    assert found(Wanted(types=frozenset({"reply.delta", "reply.completed"}))) == [first]
    assert found(Wanted(conversation_id="c2")) == []


@pytest.mark.parametrize("line", [b"no json", b"[1]", b"7", b"[" * 5_000, b'{"type":', b"\xff"])
def test_what_is_no_event_is_a_line_without_one(line: bytes) -> None:
    (found,) = lines_of(record(line), Wanted())

    assert found.event is None
    assert decoded(line) is None
    assert not list(lines_of(record(line), Wanted(owner="ann")))
