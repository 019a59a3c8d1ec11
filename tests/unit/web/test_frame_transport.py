"""Frames are read and written as RFC 6455 says, in few writes, and a client that breaks the rules or reads nothing is cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from myna.core.hub import TAKEN_BYTES, Mailbox
from myna.protocol.events import FRAME_LIMIT
from myna.settings import Settings
from myna.web.limits import Limits
from myna.web.websocket import transport as module
from myna.web.websocket.framing import FrameReader, text_frame
from myna.web.websocket.reading_turns import FRAMES
from myna.web.websocket.transport import FrameTransport

TEXTS = st.one_of(st.text(max_size=300), st.integers(120, 130).map("x".__mul__), st.integers(32_760, 32_768).map("é".__mul__))


class FakeTCP:
    """A TCP transport that keeps what is written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.ended = self.cut = False
        self.reading = True
        self.protocol: Any = asyncio.Protocol()

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        assert not self.ended
        self.writes.append(data)

    def is_closing(self) -> bool:
        return self.cut

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.cut = True


class Client:
    """The other side of a frame transport, which reads what it writes."""

    def __init__(self, *, limits: Limits | None = None, address: str | None = None, **settings: Any) -> None:
        self.tcp = FakeTCP()
        self.frames = FrameTransport(limits or Limits(Settings(_env_file=None, **settings)), address)
        self.frames.take_over(cast(asyncio.Transport, self.tcp))
        self.received: list[str] = []
        self.mailbox: list[bytes] = []

    def take(self) -> list[bytes]:
        taken, self.mailbox = self.mailbox, []
        return taken

    def say(self, *frames: Frame) -> None:
        self.frames.data_received(b"".join(frame.serialize(mask=True) for frame in frames))

    def put(self, frame: bytes) -> None:
        self.mailbox.append(frame)
        self.frames.wake()

    def read(self) -> list[Frame]:
        reader = Protocol(Side.CLIENT)
        reader.receive_data(b"".join(self.tcp.writes))
        return cast(list[Frame], reader.events_received())

    async def read_on(self) -> None:
        while not self.tcp.reading:
            await turns(1)

    def closed_with(self) -> tuple[int, str]:
        last = self.read()[-1]
        assert last.opcode is Opcode.CLOSE
        close = CloseFrame.parse(last.data)
        return close.code, close.reason


@asynccontextmanager
async def client(**settings: Any) -> AsyncIterator[Client]:
    one = Client(**settings)
    one.frames.start(one.received.append, one.take)
    await turns()
    yield one
    one.frames.connection_lost(None)


async def turns(count: int = module.GATHER_TURNS + 2) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def text(data: str, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, data.encode(), fin)


# --- in ---


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
    "unmasked": (text_frame(b"hello"), 1002, "This is no websocket frame: incorrect masking."),
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


# --- too much ---


async def test_many_frames_at_once_let_others_in_between_and_stay_in_order() -> None:
    async with client() as one:
        texts = [str(number) for number in range(1_000)]
        one.say(*map(text, texts))
        one.frames.data_received(text("last").serialize(mask=True))

        assert len(one.received) < 200
        await one.read_on()
        assert one.received == [*texts, "last"]


async def test_of_large_frames_one_is_received_before_others_are_let_in_between() -> None:
    async with client() as one:
        texts = [str(number) * 40_000 for number in range(3)]
        one.say(*map(text, texts))

        assert one.received == texts[:1]
        await one.read_on()
        assert one.received == texts


FLOODS = {
    "pings": Frame(Opcode.PING, b""),
    "pongs": Frame(Opcode.PONG, b""),
    "parts": Frame(Opcode.CONT, b"", fin=False),
}


@pytest.mark.parametrize("what", FLOODS)
async def test_a_flood_of_frames_that_say_nothing_ends_the_connection(what: str) -> None:
    async with client(control_frames_per_s=2) as one:
        one.say(text("begun", fin=False), *[FLOODS[what]] * 19)
        await one.read_on()
        assert not one.tcp.ended

        one.say(*[FLOODS[what]] * 5)

        assert one.closed_with() == (4429, "Too many pings, pongs and parts of messages a second.")
        assert one.frames._limits.refused["control_frames", "4429"] == 1


async def test_a_flood_of_bytes_ends_the_connection() -> None:
    async with client(socket_bytes_per_s=100) as one:
        one.say(text("x" * 980))
        one.say(text("x" * 10), text("later"))

        assert one.closed_with() == (4429, "Too many bytes a second.")
        assert one.received == ["x" * 980]


# A whole text, a beginning, a middle and an end of one, a ping, a pong, a binary frame, a reserved bit, no opcode.
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


# --- out ---


@given(TEXTS)
def test_a_frame_of_ours_is_what_the_library_would_send(data: str) -> None:
    assert text_frame(data.encode()) == text(data).serialize(mask=False)


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


# --- the end ---


async def test_what_is_to_be_sent_goes_before_the_close_frame_and_nothing_is_received_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_S", 0.05)
    async with client() as one:
        one.put(b"last")
        one.frames.close(1012, "This node restarts.")
        one.frames.close(1013, "never")
        one.say(text("late"))

        assert [bytes(frame.data) for frame in one.read()[:-1]] == [b"last"]
        assert one.closed_with() == (1012, "This node restarts.")
        assert (one.received, one.tcp.ended, one.tcp.cut) == ([], True, False)
        await asyncio.sleep(0.3)
        assert one.tcp.cut, "a client that does not end its side is cut off"


async def test_a_client_that_closes_is_answered_with_its_own_code() -> None:
    async with client() as one:
        one.say(Frame(Opcode.CLOSE, CloseFrame(1001, "bye").serialize()))

        assert one.closed_with() == (1001, "bye")
        assert one.tcp.ended


async def test_a_silent_client_is_pinged_and_cut_off_after_three_beats_and_one_that_answers_is_not() -> None:
    async with client(heartbeat_s=1) as silent, client(heartbeat_s=1) as alive:
        async with asyncio.timeout(30):
            while not silent.tcp.cut:
                await asyncio.sleep(0.02)
                alive.say(Frame(Opcode.PONG, b""))

        assert silent.read()[0].opcode is Opcode.PING
        assert not alive.tcp.cut


async def test_the_handler_and_the_server_are_told_when_the_connection_is_gone() -> None:
    one = FrameTransport(Limits(Settings(_env_file=None)), None)
    told: list[Exception | None] = []

    class Server(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            told.append(exc)

    tcp = FakeTCP()
    tcp.protocol = Server()
    one.take_over(cast(asyncio.Transport, tcp))
    gone = ConnectionResetError()

    one.connection_lost(gone)

    assert one.closed.done()
    assert told == [gone]


async def test_a_long_past_is_written_as_fast_as_the_client_reads_and_no_faster() -> None:
    one = Client()
    mailbox = Mailbox("ann", one.frames.wake)
    mailbox.preload([b"x" * 10_000] * 100)
    one.tcp.write = lambda data: (one.tcp.writes.append(data), one.frames.pause_writing())  # type: ignore[method-assign, assignment, func-returns-value]
    one.frames.start(one.received.append, mailbox.take_some)
    for writes in range(1, 26):
        await turns(20)
        assert len(one.tcp.writes) == writes
        assert len(one.tcp.writes[-1]) < TAKEN_BYTES + 20_000
        one.frames.resume_writing()
    await turns(20)
    assert len(one.read()) == 100
    one.frames.connection_lost(None)


async def test_a_client_that_reads_gets_a_long_past_without_waiting_for_anything() -> None:
    one = Client()
    mailbox = Mailbox("ann", one.frames.wake)
    mailbox.preload([b"x" * 10_000] * 100)
    one.frames.start(one.received.append, mailbox.take_some)
    await turns(200)
    assert len(one.read()) == 100
    one.frames.connection_lost(None)


async def test_a_client_that_has_gone_when_it_is_closed_is_no_fault() -> None:
    async with client() as one:

        def gone() -> None:
            raise OSError("Transport endpoint is not connected")

        one.tcp.write_eof = gone  # type: ignore[method-assign]
        one.frames.close(1013, "full")
        assert one.closed_with() == (1013, "full")


async def test_many_sockets_of_one_address_that_never_pause_leave_each_turn_to_the_others() -> None:
    limits, text = Limits(Settings(_env_file=None)), "hello" * 40
    frame = Frame(Opcode.TEXT, text.encode())
    crowd = [Client(limits=limits, address="192.0.2.1/32") for _ in range(200)]
    other = Client(limits=limits, address="192.0.2.2/32")
    for one in (*crowd, other):
        one.frames.start(one.received.append, one.take)

    def handled() -> int:
        return sum(len(one.received) for one in crowd)

    for one in crowd:
        one.say(*[frame] * 10)
    assert handled() <= FRAMES + module.FRAMES_A_TURN
    other.say(frame)
    assert other.received == [text], "another address has a turn of its own"
    most = 0
    while handled() < 2_000:
        before = handled()
        await turns(1)
        most = max(most, handled() - before)
    assert 0 < most <= FRAMES + module.FRAMES_A_TURN
    assert all(one.received == [text] * 10 and one.tcp.reading for one in crowd), "all of it is read, and all read on"
    for one in (*crowd, other):
        one.frames.connection_lost(None)
