"""The vocabulary: what is encoded is what sockets get, and what is not of it is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from backend import events as e
from backend.frames import CLIENT_FRAME
from tests.unit import lines

HOSTILE = (
    "plain", '"type":"', '","type":"reply.delta"}', "\\", '\\"type\\":\\"', "}", "\n", "\u2028\u2029", "\x7f", "\x01",
    "\U0001f469\u200d\U0001f467", "ü" * 50, "&<>'",
)  # fmt: skip
texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200)
said = st.builds(lambda text: lines.said(1, f"x{text}"), texts)
seeds = st.none() | st.integers(-(2**63), 2**63 - 1)
options = st.none() | st.builds(e.Options, profile=st.none() | texts.map(lambda text: text[:64]), seed=seeds)


def everything(text: str, options: e.Options | None) -> list[e.Event]:
    """An event of each type, all of them holding this text."""
    work = lines.said(1, f"x{text}").model_copy(update={"options": options})
    request = lines.again(2, work).model_copy(update={"options": options})
    return [
        work, request, lines.stopped(work), lines.started(work), lines.started(work, 2, restarted=True), lines.part(work, 0, text),
        lines.completed(work, [text]), lines.failed(work).model_copy(update={"detail": text}), lines.renamed(text), lines.deleted(),
    ]  # fmt: skip


INNER = {"owner", "options"}  # and of a message its reply_id: nobody's business


@given(texts, options)
def test_a_frame_is_its_line_without_what_is_inside_and_with_its_cursor(text: str, options: e.Options | None) -> None:
    for event in everything(text, options):
        inner = INNER | ({"reply_id"} if isinstance(event, e.Work) else set())
        expected = event.model_dump(mode="json", exclude=inner, exclude_none=True) | {"cursor": "1.0.abc"}
        assert json.loads(e.frame(e.encode(event), "1.0.abc")) == expected


@given(texts, options)
def test_what_was_encoded_is_read_as_it_was(text: str, options: e.Options | None) -> None:
    for event in everything(text, options):
        line = e.encode(event)
        assert b"\n" not in line
        assert e.LOG_LINE.validate_json(line) == event


def test_every_type_of_event_is_tried_here() -> None:
    assert {type(event) for event in everything("x", None)} == set(e.Event.__args__)


def send(**changed: Any) -> dict[str, Any]:
    return {"type": "message.send", "id": lines.uid(1), "conversation_id": lines.TALK, "text": "hello"} | changed


BAD: dict[str, dict[str, Any]] = {
    "a type that is none": {"type": "message.sent"},
    "no type": {"type": None},
    "a field too many": {"mood": "good"},
    "an id that is no UUID": {"id": "1"},
    "an id in braces": {"id": "{" + lines.uid(1) + "}"},
    "an id with a newline": {"id": lines.uid(1) + "\n"},
    "an id that is a number": {"id": 1},
    "no text": {"text": ""},
    "blanks": {"text": " \n\t"},
    "a text too long": {"text": "x" * (e.TEXT_LIMIT + 1)},
    "NUL": {"text": "a\0b"},
    "a text that is a number": {"text": 1},
    "a seed too large": {"options": {"seed": 2**63}},
    "a seed that is a text": {"options": {"seed": "1"}},
    "a seed that is true": {"options": {"seed": True}},
    "an option too many": {"options": {"speed": 1}},
    "a profile too long": {"options": {"profile": "x" * 65}},
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_frame_is_refused(what: str) -> None:
    with pytest.raises(ValidationError):
        CLIENT_FRAME.validate_json(json.dumps(send(**BAD[what])))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError):
        CLIENT_FRAME.validate_json(json.dumps(send(text="X")).replace("X", "\\ud800"))


GOOD: dict[str, dict[str, Any]] = {
    "the longest text": {"text": "x" * e.TEXT_LIMIT},
    "a text of one blank-bordered letter": {"text": " x "},
    "the largest seed": {"options": {"seed": 2**63 - 1}},
    "no options at all": {"options": None},
}


@pytest.mark.parametrize("what", GOOD)
def test_a_good_frame_is_taken(what: str) -> None:
    frame = CLIENT_FRAME.validate_json(json.dumps(send(**GOOD[what])))
    assert isinstance(frame, BaseModel)


def test_ids_are_one_whatever_their_case() -> None:
    upper = "ABCDEF00-0000-4000-8000-00000000000A"
    frame: Any = CLIENT_FRAME.validate_json(json.dumps(send(id=upper)))
    assert frame.id == upper.lower()


ASKED = [lines.said(1), lines.again(2, lines.said(1)), lines.stopped(lines.said(1)), lines.deleted(), lines.renamed("t")]


@pytest.mark.parametrize("when", ["", "yesterday", "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "12"])
@pytest.mark.parametrize("event", ASKED, ids=lambda event: event.type)
def test_what_is_reckoned_with_has_to_be_a_moment(event: e.Event, when: str) -> None:
    line = e.encode(event).replace(lines.AT.encode(), when.encode())
    with pytest.raises(ValidationError):
        e.LOG_LINE.validate_json(line)


TITLES = {
    "hello": "hello",
    "  hello  ": "hello",
    "\n\n  first line \nsecond": "first line",
    "x" * 60: "x" * 60,
    "x" * 61: "x" * 60 + "…",
    "word " * 20: " ".join(["word"] * 12) + "…",
    "one, " + "y" * 60: "one…",
    "日本" * 40: "日本" * 30 + "…",
}


@pytest.mark.parametrize("text", TITLES)
def test_a_title_is_the_first_line_cut_at_a_word(text: str) -> None:
    assert e.title_from(text) == TITLES[text]


@given(texts.filter(lambda text: bool(text.strip())))
def test_a_title_is_short_and_on_one_line(text: str) -> None:
    title = e.title_from(text)
    assert 1 <= len(title) <= e.TITLE_LIMIT + 1
    assert len(title.splitlines()) == 1


@given(st.integers(0, 4_000_000_000_000))
def test_a_moment_is_written_and_read_to_the_millisecond(at_ms: int) -> None:
    written = e.rfc3339(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms))
    assert e.milliseconds(written) == at_ms
    assert len(written) == len("2026-01-01T00:00:00.000Z")


def test_a_reply_has_one_id_for_an_owner_and_a_key_and_another_for_any_other() -> None:
    assert e.reply_id_for("ann", "k") == e.reply_id_for("ann", "k")
    assert len({e.reply_id_for("ann", "k"), e.reply_id_for("ben", "k"), e.reply_id_for("ann", "l")}) == 3
