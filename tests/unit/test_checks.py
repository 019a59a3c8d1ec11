"""What comes from outside is taken or refused in words: the shapes that a parser alone would misjudge."""

import pytest

from backend.checks import has_lone_surrogate, parse, ref_of
from backend.errors import InvalidFrame, InvalidText

ID = "6a1f9a52-6f0e-4a55-9a2b-1d1c8a4f0a01"


def send(text: str, **more: str) -> str:
    fields = {"type": "message.send", "id": ID, "conversation_id": ID, **more}
    return "{" + "".join(f'"{name}":"{value}",' for name, value in fields.items()) + f'"text":"{text}"' + "}"


@pytest.mark.parametrize("text", [r"a\ud800b", r"a\ud800", r"\udc00", r"\u0000", "", "   ", "x" * 8_001])
def test_a_text_that_cannot_be_kept_is_an_invalid_text_and_says_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidText, match="1 to 8000 characters") as refused:
        parse(send(text))

    assert refused.value.ref == ID


@pytest.mark.parametrize("text", [r"\ud83d\ude00", "ab"])
def test_a_whole_pair_of_surrogates_is_a_character(text: str) -> None:
    assert not has_lone_surrogate(send(text))
    assert parse(send(text)).type == "message.send"


@pytest.mark.parametrize(
    "frame", [r'{"type":"nonsense","id":"\ud800"}', r'{"type":"message.send","id":"\ud800","text":"hi"}', "[]", "{", '"id"']
)
def test_an_id_that_cannot_be_said_back_is_not(frame: str) -> None:
    assert ref_of(frame) is None
    with pytest.raises(InvalidFrame) as refused:
        parse(frame)

    assert refused.value.ref is None
