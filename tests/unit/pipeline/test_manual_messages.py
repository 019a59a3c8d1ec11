"""A message that an operator publishes by hand is answered like any other, or refused with the reason."""

import json

import pytest

from myna.pipeline.manual_messages import OPERATOR, OPERATOR_CONVERSATION, read_manual_message, why_dead_lettered
from myna.protocol import log_codec
from myna.protocol.ids import reply_id_for
from myna.protocol.jobs import JobOptions
from tests.unit import log_events


def test_a_text_alone_is_a_message_of_the_operator() -> None:
    made = read_manual_message(b'{"text": "hello"}')
    assert made is not None
    assert (made.owner, made.conversation_id, made.text) == (OPERATOR, OPERATOR_CONVERSATION, "hello")
    assert made.reply_id == reply_id_for(OPERATOR, made.id)
    assert log_codec.read_job(log_codec.encode(made)) == made


def test_two_manual_messages_are_two() -> None:
    first, second = read_manual_message(b'{"text": "hello"}'), read_manual_message(b'{"text": "hello"}')
    assert first is not None
    assert second is not None
    assert first.id != second.id


def test_owner_conversation_and_id_may_be_named() -> None:
    body = {
        "text": "hi",
        "owner": log_events.ANN,
        "conversation_id": log_events.CONVERSATION,
        "id": log_events.uid(5),
        "options": {"profile": "fast"},
    }
    made = read_manual_message(json.dumps(body).encode())
    assert made is not None
    assert (made.owner, made.conversation_id, made.id) == (log_events.ANN, log_events.CONVERSATION, log_events.uid(5))
    assert made.options == JobOptions(profile="fast")


def test_the_id_of_a_manual_message_may_be_in_capitals() -> None:
    made = read_manual_message(b'{"text": "hi", "id": "ABCDEF00-0000-4000-8000-00000000000A"}')
    assert made is not None
    assert made.id == "abcdef00-0000-4000-8000-00000000000a"
    assert log_codec.read_job(log_codec.encode(made)) == made


BAD = {
    b"": "no JSON",
    b"hello": "no JSON",
    b"\xff\xfe": "no JSON",
    b"[]": "object",
    b"{}": "text is missing",
    b'{"text": ""}': "text",
    b'{"text": 5}': "text",
    b'{"text": "x", "mood": 1}': "mood",
    b'{"text": "x", "owner": "me"}': "owner",
}


@pytest.mark.parametrize("body", BAD)
def test_a_body_that_is_no_message_is_refused_with_the_reason(body: bytes) -> None:
    assert read_manual_message(body) is None
    assert BAD[body] in why_dead_lettered(body)


def test_a_job_among_the_dead_letters_was_tried_too_often() -> None:
    assert "too often" in why_dead_lettered(log_codec.encode(log_events.accepted_message(1)))
