"""What nobody can read, or another release wrote, stops nothing: it is counted, and its neighbours are shown as ever."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from myna.broker.port import Record
from myna.core.projection import Projection
from myna.core.replies import OpenReply
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.events import Position
from myna.protocol.topology import RoutingKey
from tests.unit.core.folding import HI, WHOLE, fold, frames, projection, shown, since
from tests.unit.log_events import (
    ANN,
    BEN,
    OTHER_CONVERSATION,
    accepted_message,
    at,
    body,
    completed,
    failed,
    part,
    renamed,
    started,
    stopped,
    uid,
)  # fmt: skip


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
        assert since(line, ANN) == since(ours, ANN)


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
    assert since(theirs, ANN) == since(ours, ANN)
    assert not [frame for frame in frames(theirs) if "owner" in frame]
    assert frames(theirs)[0]["options"] == {"profile": "fast"}
