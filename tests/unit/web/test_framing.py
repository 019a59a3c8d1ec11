"""Frames are read and written as the websockets library does it."""

from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from myna.protocol.event_fields import FRAME_LIMIT
from myna.web.websocket.framing import FrameReader, text_frames
from tests.unit.web.transport_client import TEXTS, text

FIRST_BYTES = st.sampled_from([0x81, 0x81, 0x81, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x82, 0xC1, 0x83])
PAYLOADS = st.one_of(st.binary(max_size=200), st.integers(65_530, 65_540).map(bytes))
CUTS: st.SearchStrategy[list[int]] = st.one_of(st.just([]), st.lists(st.integers(1, 150), max_size=3))


def wire(first_byte: int, payload: bytes, *, masked: bool = True) -> bytes:
    """A frame as it travels, masked with zeros."""
    plain = bytes((first_byte,)) + Frame(Opcode.TEXT, payload).serialize(mask=False)[1:]
    header = len(plain) - len(payload)
    return bytes((first_byte, plain[1] | 0x80)) + plain[2:header] + bytes(4) + payload if masked else plain


@given(st.lists(st.tuples(FIRST_BYTES, PAYLOADS, CUTS), min_size=1, max_size=6), st.integers(0, 9))
@example([(0x01, b"a part", []), (0x81, b"no part", [])], 9)
@example([(0x81, wire(0x81, b"in a payload"), [6])], 9)
@example([(0x81, b"in pieces", [3]), (0x89, b"", []), (0x81, b"whole", [])], 9)
def test_frames_are_read_as_the_library_reads_them_whole_or_in_pieces(frames: list[tuple[int, bytes, list[int]]], unmasked: int) -> None:
    ours, theirs = FrameReader(), Protocol(Side.SERVER, max_size=FRAME_LIMIT)
    for number, (first_byte, payload, cuts) in enumerate(frames):
        data = wire(first_byte, payload, masked=number != unmasked)
        for cut in (*cuts, len(data)):
            theirs.receive_data(data[:cut])

            assert list(ours.frames(data[:cut])) == theirs.events_received()
            assert ours.state is theirs.state
            data = data[cut:]


@given(st.lists(TEXTS))
def test_frames_of_ours_are_what_the_library_would_send(many: list[str]) -> None:
    assert text_frames([data.encode() for data in many]) == b"".join(text(data).serialize(mask=False) for data in many)
