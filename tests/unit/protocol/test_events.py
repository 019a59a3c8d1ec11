"""Events: what is encoded is what sockets get, what is no event is refused, and what a newer release adds is passed over."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from myna.protocol import events as e
from myna.protocol import log_codec, timestamps, titles
from myna.protocol.event_fields import TEXT_LIMIT
from myna.protocol.frames import CLIENT_FRAME, Pong, Welcome
from myna.protocol.ids import reply_id_for
from myna.protocol.jobs import JobOptions
from tests.unit import log_events

HOSTILE = (
    "plain", '"type":"', '","type":"reply.delta"}', "\\", '\\"type\\":\\"', "}", "\n", "\u2028\u2029", "\x7f", "\x01",
    "\U0001f469\u200d\U0001f467", "ü" * 50, "&<>'",
)  # fmt: skip
texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200)
messages = st.builds(lambda text: log_events.accepted_message(1, f"x{text}"), texts)
seeds = st.none() | st.integers(-(2**63), 2**63 - 1)
options = st.none() | st.builds(e.Options, profile=st.none() | texts.map(lambda text: text[:64]), seed=seeds)


def everything(text: str, options: e.Options | None) -> list[e.Event]:
    """An event of each type, all of them holding this text."""
    job = replace(log_events.accepted_message(1, f"x{text}"), options=options)
    request = replace(log_events.accepted_regenerate(2, job), options=options)
    return [
        job, request, log_events.stopped(job), log_events.started(job), log_events.started(job, 2, restarted=True),
        log_events.part(job, 0, text),
        log_events.completed(job, [text]), replace(log_events.failed(job), detail=text), log_events.renamed(text), log_events.deleted(),
    ]  # fmt: skip


HI = log_events.accepted_message(1)
INNER = {"owner", "turn"}  # and of a job its reply_id: these stay inside the pipeline


@given(texts, options)
def test_a_frame_is_its_event_without_the_inner_fields_and_with_its_cursor(text: str, options: e.Options | None) -> None:
    for event in everything(text, options):
        inner = INNER | ({"reply_id"} if isinstance(event, e.Job) else set())
        inner |= {"options"} if isinstance(event, e.ReplyRequested) else set()
        fields = msgspec.to_builtins(event)
        expected = {name: value for name, value in fields.items() if name not in inner} | {"cursor": "1.0.abc"}
        assert json.loads(log_codec.frame(event, "1.0.abc")) == expected


@given(texts, texts, st.integers(0, 2**31 - 1))
def test_the_lines_of_a_reply_s_further_parts_are_written_as_any_event_is(text: str, other: str, index: int) -> None:
    first = log_events.part(HI, 0, text)
    later = replace(first, at="2026-01-31T12:00:00.000Z", index=index, text=other)
    assert log_codec.PartLines(first, log_codec.encode(first)).line(later.at, index, other) == log_codec.encode(later)


@pytest.mark.parametrize("event", everything("x", e.Options(profile="fast")), ids=lambda event: event.type)
def test_fields_of_a_newer_release_are_ignored_wherever_they_stand(event: e.Event) -> None:
    known = json.loads(log_codec.encode(event))
    added = {"mood": "good", "seen": {"type": "reply.delta", "by": [1, None]}}
    for fields in (known | added, added | known):
        for inner in ("options", "timings"):
            if inner in fields:
                fields[inner] = fields[inner] | {"speed": 1.5}
        assert log_codec.read_line(json.dumps(fields).encode()) == event


def test_a_type_of_a_newer_release_is_told_from_what_nobody_can_read() -> None:
    with pytest.raises(log_codec.UnknownType):
        log_codec.read_line(b'{"type":"reply.rated","owner":"x","stars":5}')
    with pytest.raises(log_codec.Unreadable) as unreadable:
        log_codec.read_line(b'{"type":"reply.delta","owner":"x"}')
    assert not isinstance(unreadable.value, log_codec.UnknownType)


@given(texts, options)
def test_what_was_encoded_is_read_as_it_was(text: str, options: e.Options | None) -> None:
    for event in everything(text, options):
        line = log_codec.encode(event)
        assert b"\n" not in line
        assert log_codec.read_line(line) == event


HEAD = f'{{"owner":"{log_events.ANN}",'
OF_REPLY = f'"at":"{log_events.AT}","conversation_id":"{log_events.CONVERSATION}","reply_id":"{HI.reply_id}","message_id":"{HI.id}"'
WRITTEN: dict[str, tuple[e.LogLine, str]] = {
    "a message": (
        HI,
        f'{HEAD}"reply_id":"{HI.reply_id}","type":"message.created","at":"{log_events.AT}","conversation_id":"{log_events.CONVERSATION}",'
        f'"id":"{HI.id}","text":"hello","parent_id":null}}',
    ),
    "a message with options, further down": (
        replace(HI, turn=2, parent_id=HI.reply_id, options=e.Options(seed=0)),
        f'{HEAD}"reply_id":"{HI.reply_id}","turn":2,"type":"message.created","at":"{log_events.AT}",'
        f'"conversation_id":"{log_events.CONVERSATION}","id":"{HI.id}","text":"hello","parent_id":"{HI.reply_id}","options":{{"seed":0}}}}',
    ),
    "a message of an older release": (
        replace(HI, parent_id=UNSET),
        f'{HEAD}"reply_id":"{HI.reply_id}","type":"message.created","at":"{log_events.AT}","conversation_id":"{log_events.CONVERSATION}",'
        f'"id":"{HI.id}","text":"hello"}}',
    ),
    "a start": (log_events.started(HI), f'{HEAD}"type":"reply.started",{OF_REPLY},"attempt":1,"worker":"w"}}'),
    "a part": (
        log_events.part(HI, 0, "\x01\n\x7f\u2028"),
        f'{HEAD}"type":"reply.delta",{OF_REPLY},"attempt":1,"index":0,"text":"\\u0001\\n\x7f\u2028"}}',
    ),
    "an end": (
        replace(log_events.completed(HI, []), timings=e.Timings(queued_ms=0, total_ms=7)),
        f'{HEAD}"type":"reply.completed",{OF_REPLY},"attempt":1,"parts":0,"text":"","finish_reason":"stop",'
        '"timings":{"queued_ms":0,"total_ms":7}}',
    ),
    "a mark": (e.LogMark(nonce="n"), '{"type":"log.mark","nonce":"n"}'),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_a_line_is_written_with_the_inner_fields_first_and_without_absent_ones(what: str) -> None:
    event, line = WRITTEN[what]
    assert log_codec.encode(event).decode() == line


def test_a_frame_of_the_servers_own_has_its_type_and_all_that_is_known() -> None:
    welcome = Welcome(owner=log_events.ANN, epoch="e", cursor="c", resumed=False, heartbeat_s=25)
    assert log_codec.encode(welcome).decode() == (
        f'{{"type":"welcome","owner":"{log_events.ANN}","epoch":"e","cursor":"c","resumed":false,"heartbeat_s":25,'
        '"limits":{"frame_bytes":65536,"text_chars":8000,"waiting_messages":8}}'
    )
    assert log_codec.encode(Pong()) == b'{"type":"pong"}'


def test_every_type_of_event_is_tried_here() -> None:
    assert {type(event) for event in everything("x", None)} == set(e.Event.__args__)


def send(**changed: Any) -> dict[str, Any]:
    return {"type": "message.send", "id": log_events.uid(1), "conversation_id": log_events.CONVERSATION, "text": "hello"} | changed


BAD: dict[str, dict[str, Any]] = {
    "a type that is none": {"type": "message.sent"},
    "no type": {"type": None},
    "a field too many": {"mood": "good"},
    "an id that is no UUID": {"id": "1"},
    "an id in braces": {"id": "{" + log_events.uid(1) + "}"},
    "an id with a newline": {"id": log_events.uid(1) + "\n"},
    "an id that is a number": {"id": 1},
    "no text": {"text": ""},
    "blanks": {"text": " \n\t"},
    "a text too long": {"text": "x" * (TEXT_LIMIT + 1)},
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
    "the longest text": {"text": "x" * TEXT_LIMIT},
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


NO_TIMESTAMPS = (
    "", "soon", "yesterday", "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-01-01T00:00:60.000Z", "0001-01-01", "12",
    "0001-01-01T00:00:00.000Z", "2026-W01-1T00:00:00.000Z", "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00.000000",
    "2026-01-01T00:00:00+01:00",
)  # fmt: skip


@pytest.mark.parametrize("when", NO_TIMESTAMPS)
@pytest.mark.parametrize("event", everything("x", None), ids=lambda event: event.type)
def test_every_event_takes_a_timestamp_as_we_write_it_and_no_other(event: e.Event, when: str) -> None:
    line = log_codec.encode(event).replace(log_events.AT.encode(), when.encode())
    with pytest.raises(log_codec.Unreadable):
        log_codec.read_line(line)


FOREIGN: dict[str, tuple[e.LogLine, dict[str, Any]]] = {
    "an owner that is no UUID": (HI, {"owner": "x" * 36}),
    "an id with a newline": (HI, {"id": log_events.uid(1)[:-1] + "\n"}),
    "an id that is too long": (HI, {"id": log_events.uid(1) + "0"}),
    "two ids that are one together": (HI, {"id": "", "conversation_id": log_events.uid(1) * 2}),
    "an id in capitals": (HI, {"conversation_id": "ABCDEF00-0000-4000-8000-00000000000A"}),
    "a message of a request that is no UUID": (log_events.accepted_regenerate(2, HI), {"message_id": "m" * 36}),
    "no text": (HI, {"text": ""}),
    "blanks": (HI, {"text": " \n\t"}),
    "a text too long": (HI, {"text": "x" * (TEXT_LIMIT + 1)}),
    "NUL": (log_events.accepted_regenerate(2, HI), {"text": "a\0b"}),
    "a seed too large": (HI, {"options": {"seed": 2**63}}),
    "a seed that is true": (HI, {"options": {"seed": True}}),
    "a profile too long": (HI, {"options": {"profile": "x" * 65}}),
    "a number that is a text": (log_events.part(HI, 0, "x"), {"index": "0"}),
    "a number with a point": (log_events.part(HI, 0, "x"), {"index": 0.0}),
    "an index below 0": (log_events.part(HI, 0, "x"), {"index": -1}),
    "an attempt too large": (log_events.started(HI), {"attempt": 2**31}),
    "more parts than an integer column holds": (log_events.completed(HI, []), {"parts": 2**31}),
    "a time below 0": (log_events.completed(HI, []), {"timings": {"queued_ms": -1, "total_ms": 0}}),
    "a time too large": (log_events.completed(HI, []), {"timings": {"queued_ms": 0, "total_ms": 2**53}}),
    "a null": (log_events.part(HI, 0, "x"), {"text": None}),
    "an end of no kind": (log_events.completed(HI, []), {"finish_reason": "done"}),
    "times that are none": (log_events.completed(HI, []), {"timings": []}),
    "no type": (log_events.deleted(), {"type": None}),
    "a type that is a number": (log_events.deleted(), {"type": 1}),
    "a type that is not known": (log_events.deleted(), {"type": "conversation.archived"}),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_line_is_no_event_when_something_is_wrong_with_it(what: str) -> None:
    event, changed = FOREIGN[what]
    with pytest.raises(log_codec.Unreadable):
        log_codec.read_line(json.dumps(json.loads(log_codec.encode(event)) | changed).encode())


def test_a_type_may_stand_anywhere_in_a_line() -> None:
    fields = json.loads(log_codec.encode(replace(HI, text='"type":"log.mark"')))
    for order in (fields, dict(reversed(fields.items()))):
        assert log_codec.read_line(json.dumps(order, indent=1).encode()) == replace(HI, text='"type":"log.mark"')


def test_a_job_holds_what_only_a_responder_reads_and_the_log_passes_over_it() -> None:
    line = log_codec.encode(HI)[:-1] + b',"options":{"seed":1,"request":"{}"}}'
    job = log_codec.read_job(line)
    assert (job.id, job.options) == (HI.id, JobOptions(seed=1, request="{}"))
    assert log_codec.read_line(line) == replace(HI, options=e.Options(seed=1))


@pytest.mark.parametrize("parent", ['"no-uuid"', '""', "7", f'"{"é" * 36}"'])
def test_a_message_that_follows_what_is_no_id_is_unreadable(parent: str) -> None:
    line = log_codec.encode(HI).replace(b'"parent_id":null', b'"parent_id":' + parent.encode())
    for read in (log_codec.read_line, log_codec.read_job):
        with pytest.raises(log_codec.Unreadable):
            read(line)


def test_an_event_that_is_no_job_is_refused_as_a_job() -> None:
    for event in everything("x", None):
        if not isinstance(event, e.Job):
            with pytest.raises(log_codec.Unreadable):
                log_codec.read_job(log_codec.encode(event))


names = st.sampled_from(["type", "owner", "options", "at", "text", "seed", "nonce"])
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["log.mark", "reply.delta", "message.created"])
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=8)
garbled = st.builds(
    lambda line, place, byte: b"".join((line[: place + 1], bytes([byte]), line[place:])),
    texts.map(lambda text: log_codec.encode(log_events.accepted_message(1, f"x{text}"))), st.integers(0, 300), st.integers(0, 255),
)  # fmt: skip
DEEP = (
    b'{"type":"log.mark","nonce":' + b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 100_000,
    b'{"index":' + b"9" * 5_000 + b',"type":"reply.delta"}',
)


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()) | garbled | st.sampled_from(DEEP))
def test_whatever_a_line_holds_it_is_an_event_or_unreadable(line: bytes) -> None:
    for read in (log_codec.read_line, log_codec.read_job):
        with suppress(log_codec.Unreadable):
            assert isinstance(read(line), e.LogLine)


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
    assert titles.title_from(text) == TITLES[text]


@given(texts.filter(lambda text: bool(text.strip())))
def test_a_title_is_short_and_on_one_line(text: str) -> None:
    title = titles.title_from(text)
    assert 1 <= len(title) <= titles.TITLE_LIMIT + 1
    assert len(title.splitlines()) == 1


@given(st.integers(0, 4_000_000_000_000))
def test_a_timestamp_is_written_and_read_to_the_millisecond(at_ms: int) -> None:
    written = timestamps.rfc3339(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms))
    assert timestamps.milliseconds(written) == at_ms
    assert len(written) == len("2026-01-01T00:00:00.000Z")


def test_a_reply_has_one_id_for_an_owner_and_a_key_and_another_for_any_other() -> None:
    assert reply_id_for("ann", "k") == reply_id_for("ann", "k")
    assert len({reply_id_for("ann", "k"), reply_id_for("ben", "k"), reply_id_for("ann", "l")}) == 3
