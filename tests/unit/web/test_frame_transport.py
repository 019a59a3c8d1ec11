"""Frames are received in order and sent in few writes, no faster than the client reads."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from myna.protocol.event_fields import FRAME_LIMIT
from myna.web.websocket import transport as module
from myna.web.websocket.framing import text_frames
from tests.unit.web.transport_client import TEXTS, Client, client, text, turns


@given(st.lists(TEXTS, max_size=4), st.lists(st.integers(1, 5_000), max_size=8))
async def test_texts_are_received_in_order_however_their_bytes_arrive(texts: list[str], cuts: list[int]) -> None:
    async with client() as one:
        data = b"".join(text(each).serialize(mask=True) for each in texts)
        for cut in cuts:
            one.frames.data_received(data[:cut])
            data = data[cut:]
        one.frames.data_received(data)
        await one.read_on()

        assert one.received == texts


async def test_what_comes_before_the_handler_listens_is_received_first() -> None:
    one = Client()
    one.say(text("early"))
    one.frames.start(one.received.append, one.take)
    one.say(text("later"))
    one.frames.connection_lost(None)

    assert one.received == ["early", "later"]


async def test_a_message_in_several_frames_is_one_text_also_around_a_ping() -> None:
    async with client() as one:
        one.say(
            text("hel", fin=False), Frame(Opcode.PING, b"here?"), Frame(Opcode.CONT, b"l", False), Frame(Opcode.CONT, b"o"), text("next")
        )

        assert one.received == ["hello", "next"]
        assert [(frame.opcode, bytes(frame.data)) for frame in one.read()] == [(Opcode.PONG, b"here?")]


REFUSED = {
    "binary": (Frame(Opcode.BINARY, b"hello").serialize(mask=True), 1003, "Send text frames; this one was binary."),
    "an empty binary frame": (Frame(Opcode.BINARY, b"").serialize(mask=True), 1003, "Send text frames; this one was binary."),
    "no UTF-8": (Frame(Opcode.TEXT, b"\xc3(").serialize(mask=True), 1007, "A text frame holds UTF-8."),
    "a surrogate as UTF-8": (Frame(Opcode.TEXT, b"\xed\xa0\x80").serialize(mask=True), 1007, "A text frame holds UTF-8."),
    "unmasked": (text_frames([b"hello"]), 1002, "This is no websocket frame: incorrect masking."),
    "a reserved bit": (b"\xc1\x81\0\0\0\0A", 1002, "This is no websocket frame: reserved bits must be 0."),
    "an unknown opcode": (b"\x83\x80\0\0\0\0", 1002, "This is no websocket frame: invalid opcode."),
    "a ping in parts": (b"\x09\x80\0\0\0\0", 1002, "This is no websocket frame: fragmented control frame."),
    "a long ping": (b"\x89\xfe\0\x7e" + bytes(4 + 126), 1002, "This is no websocket frame: control frame too long."),
    "a part of nothing": (
        Frame(Opcode.CONT, b"lo").serialize(mask=True),
        1002,
        "This is no websocket frame: unexpected continuation frame.",
    ),
    "a header that promises a terabyte": (
        b"\x81\xff" + (2**40).to_bytes(8, "big") + bytes(4),
        1009,
        f"A frame holds at most {FRAME_LIMIT} bytes.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_text_frame_ends_the_connection_with_its_code_and_reason(what: str) -> None:
    data, code, reason = REFUSED[what]
    async with client() as one:
        one.frames.data_received(data)
        one.say(text("later"))

        assert one.closed_with() == (code, reason)
        assert one.tcp.ended
        assert one.received == []


async def test_parts_that_are_too_much_together_end_the_connection_as_soon_as_the_last_header_says_so() -> None:
    async with client() as one:
        one.say(text("x" * FRAME_LIMIT, fin=False))
        assert not one.tcp.writes

        one.frames.data_received(b"\x00\x81\0\0\0\0")  # the header of one more byte

        assert one.closed_with() == (1009, f"A frame holds at most {FRAME_LIMIT} bytes.")


async def test_frames_that_come_within_a_moment_go_in_one_write_and_in_order() -> None:
    async with client() as one:
        for number in range(module.GATHER_TURNS + 1):
            one.put(b"%d" % number)
            await asyncio.sleep(0)
        await turns()

        assert [bytes(frame.data) for frame in one.read()] == [b"0", b"1", b"2"]
        assert len(one.tcp.writes) == 1


async def test_a_client_that_does_not_read_is_sent_nothing_more_until_it_does() -> None:
    async with client() as one:
        one.frames.pause_writing()
        one.put(b"waits")
        await turns()
        assert (one.tcp.writes, one.mailbox) == ([], [b"waits"])

        one.frames.resume_writing()
        await turns()
        assert [bytes(frame.data) for frame in one.read()] == [b"waits"]


async def test_a_client_that_does_not_read_for_too_long_is_cut_off() -> None:
    async with client(unread_s=0.05) as one, client(unread_s=0.05) as quick:
        one.frames.pause_writing()
        quick.frames.pause_writing()
        quick.frames.resume_writing()
        await asyncio.sleep(0.3)

        assert (one.tcp.cut, quick.tcp.cut) == (True, False)
