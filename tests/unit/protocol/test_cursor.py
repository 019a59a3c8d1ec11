"""A cursor is its owner's, of its epoch, or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from myna.protocol.cursor import decode_cursor, encode_cursor, is_cursor, tag_of
from myna.protocol.events import BEGINNING, Position

positions = st.builds(Position, st.integers(-1, 2**63 - 1), st.integers(0, 255))
names = st.text(max_size=40)


@given(positions, names, names)
def test_a_cursor_leads_back_to_its_position(position: Position, owner: str, epoch: str) -> None:
    tag = tag_of(owner, epoch)
    assert decode_cursor(encode_cursor(position, tag), tag) == position
    assert is_cursor(encode_cursor(position, tag))


@given(st.text(max_size=60))
def test_garbage_is_no_cursor(text: str) -> None:
    found = decode_cursor(text, tag_of("ann", "e1"))
    assert found is None or encode_cursor(found, tag_of("ann", "e1")) == text or text[0] in "-0"


def test_another_owners_or_epochs_cursor_is_none_of_ours() -> None:
    cursor = encode_cursor(Position(7, 1), tag_of("ann", "e1"))
    assert decode_cursor(cursor, tag_of("ben", "e1")) is None
    assert decode_cursor(cursor, tag_of("ann", "e2")) is None
    assert is_cursor(cursor)


def test_what_only_looks_like_a_cursor_is_refused() -> None:
    tag = tag_of("ann", "e1")
    places = ("+1.2", "1e3.2", "٣.2", f"{'9' * 40}.0", "1.-2", "1.2.3", "")
    for text in ("", "1.2", f"1.2.{tag} ", f"1.2.{tag}\n", *(f"{place}.{tag}" for place in places)):
        assert decode_cursor(text, tag) is None, text
        assert not is_cursor(text), text


def test_the_beginning_has_a_cursor_too() -> None:
    tag = tag_of("ann", "e1")
    assert decode_cursor(encode_cursor(BEGINNING, tag), tag) == BEGINNING
