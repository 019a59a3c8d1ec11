"""Frames and bodies from clients are accepted, or refused in one sentence that says what is wrong and what is allowed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from myna.protocol.errors import InvalidFrame, InvalidText
from myna.protocol.validation_errors import wrong
from myna.web.api.conversations import NewTitle
from myna.web.api.messages import NewMessage
from myna.web.openai.requests import CompletionRequest
from myna.web.validation import has_lone_surrogate
from myna.web.websocket.frame_parsing import parse_frame, ref_of

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "x", "user", "text"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "role", "content", "seed", "n"]), inner),
    max_leaves=5,
)
ID = "6a1f9a52-6f0e-4a55-9a2b-1d1c8a4f0a01"


def send(text: str, **more: str) -> str:
    fields = {"type": "message.send", "id": ID, "conversation_id": ID, **more}
    return "{" + "".join(f'"{name}":"{value}",' for name, value in fields.items()) + f'"text":"{text}"' + "}"


@pytest.mark.parametrize("text", [r"a\ud800b", r"a\ud800", r"\udc00", r"\u0000", "", "   ", "x" * 8_001])
def test_a_text_that_cannot_be_stored_is_an_invalid_text_and_says_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidText, match="1 to 8000 characters") as refused:
        parse_frame(send(text))

    assert refused.value.ref == ID


@pytest.mark.parametrize("text", [r"\ud83d\ude00", "ab"])
def test_a_whole_pair_of_surrogates_is_a_character(text: str) -> None:
    assert not has_lone_surrogate(send(text))
    assert parse_frame(send(text)).type == "message.send"


@pytest.mark.parametrize(
    "frame", [r'{"type":"nonsense","id":"\ud800"}', r'{"type":"message.send","id":"\ud800","text":"hi"}', "[]", "{", '"id"']
)
def test_an_id_that_cannot_be_printed_is_not_repeated(frame: str) -> None:
    assert ref_of(frame) is None
    with pytest.raises(InvalidFrame) as refused:
        parse_frame(frame)

    assert refused.value.ref is None


REFUSALS = {
    "{": "This is no JSON (line 1, column 1).",
    "7": "This takes an object.",
    "{}": "type is missing.",
    '{"type":"nonsense"}': "type takes one of 'message.send', 'reply.stop', 'reply.regenerate', 'ping'.",
    '{"type":"ping","nonce":[]}': "nonce takes text or a whole number.",
    '{"type":"ping","nonse":1}': "nonse is not known; what is known is type and nonce.",
    f'{{"type":"reply.stop","conversation_id":"{ID}"}}': "message_id is missing.",
    f'{{"type":"reply.stop","conversation_id":"x","message_id":"{ID}"}}': "conversation_id takes a UUID.",
    '{"type":"ping","' + "x" * 99 + '":1}': "x" * 60 + " is not known; what is known is type and nonce.",
    '{"type":"ping","\\u001b[31m":1}': "'\\x1b[31m' is not known; what is known is type and nonce.",
}


@pytest.mark.parametrize("frame", REFUSALS)
def test_a_frame_is_refused_in_one_sentence(frame: str) -> None:
    with pytest.raises(InvalidFrame) as refused:
        parse_frame(frame)

    assert refused.value.detail == REFUSALS[frame]


@given(json_values)
def test_no_sentence_of_the_validator_is_shown(value: object) -> None:
    for model in (CompletionRequest, NewMessage, NewTitle):
        for body in (value, dict.fromkeys(model.model_fields, value)):
            data = json.dumps(body)
            try:
                model.model_validate_json(data)
            except ValidationError as error:
                detail = wrong(error, (model,)).sentence
                assert not [word for word in ("Input", "should", "valid", "something else", "constrained", "[") if word in detail], detail
