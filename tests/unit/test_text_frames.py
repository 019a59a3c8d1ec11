"""Text frames are read as wsproto reads them, and what is not plainly one is left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Message, TextMessage
from wsproto.frame_protocol import FrameProtocol

from myna.web.server.ws_framing import text_frame, whole_text

TEXTS = st.one_of(st.text(max_size=300), st.integers(120, 130).map("x".__mul__), st.integers(65_530, 65_540).map("é".__mul__))
FROM_CLIENT, FROM_SERVER = Connection(ConnectionType.CLIENT), Connection(ConnectionType.SERVER)


def from_client(text: str) -> bytes:
    return bytes(FROM_CLIENT.send(TextMessage(text)))


@given(TEXTS, st.binary(max_size=3))
def test_a_clients_frame_is_read_and_its_end_known(text: str, before: bytes) -> None:
    frame = from_client(text)
    found = whole_text(before + frame + b"more", len(before))
    assert found == (None if len(text.encode()) > 65_535 else (text, len(before + frame)))


@given(TEXTS)
def test_a_frame_of_ours_is_what_wsproto_would_send(text: str) -> None:
    assert text_frame(text.encode()) == FROM_SERVER.send(TextMessage(text))


@pytest.mark.parametrize("text", ["", "hello", "x" * 200])
def test_a_frame_that_is_not_all_there_is_left_alone(text: str) -> None:
    frame = from_client(text)
    assert [whole_text(frame[:end], 0) for end in range(len(frame))] == [None] * len(frame)


def test_what_is_no_plain_text_frame_is_left_alone() -> None:
    client = FrameProtocol(client=True, extensions=[])
    left_alone = {
        "a ping": client.ping(),
        "a pong": client.pong(),
        "a close": client.close(1000),
        "binary": client.send_data(b"hello"),
        "a first part": client.send_data("hel", fin=False),
        "a last part": client.send_data("lo", fin=True),
        "no UTF-8": bytes([0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28]),
        "unmasked": text_frame(b"hello"),
        "a reserved bit": bytes([0xC1, 0x81, 0, 0, 0, 0, 0x41]),
        "a length longer than it need be": bytes([0x81, 0xFE, 0, 1, 0, 0, 0, 0, 0x41]),
        "a long one": bytes([0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]) + bytes(65_540),
    }
    assert {name: whole_text(bytes(frame), 0) for name, frame in left_alone.items()} == dict.fromkeys(left_alone)


@given(st.lists(st.text(max_size=200), max_size=5))
def test_frames_that_come_together_are_read_one_after_the_other(texts: list[str]) -> None:
    data, at, read = b"".join(map(from_client, texts)), 0, []
    while at < len(data) and (found := whole_text(data, at)):
        text, at = found
        read.append(text)
    assert (read, at) == (texts, len(data))
    server = Connection(ConnectionType.SERVER)
    server.receive_data(data)
    assert [event.data for event in server.events() if isinstance(event, Message)] == texts
