"""Which texts may be stored, compared with what UTF-8 and a Postgres text column really take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.protocol.text_rules import has_lone_surrogate, is_storable


@pytest.mark.parametrize("text", ["", "plain", "tab\tand\x01control", "Ünïcödé", "😀", "\uffff", "\ud7ff\ue000"])
def test_every_other_character_is_storable(text: str) -> None:
    assert is_storable(text)


@pytest.mark.parametrize("text", ["\0", "a\0b", "ä\0", "\ud800", "ä\udfff", "a\ud83d b"])
def test_nul_and_lone_surrogates_are_not_storable(text: str) -> None:
    assert not is_storable(text)


@given(st.text(alphabet=st.characters(), max_size=20))
def test_a_lone_surrogate_is_what_utf_8_cannot_write(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        assert has_lone_surrogate(text)
    else:
        assert not has_lone_surrogate(text)
