"""A connection ends with a code that says why, when its client is gone, silent or done."""

import asyncio
from typing import cast

import pytest
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode

from myna.core.hub import TAKEN_BYTES, Mailbox
from myna.settings import Settings
from myna.web.limits import Limits
from myna.web.websocket import transport as module
from myna.web.websocket.reading_turns import FRAMES
from myna.web.websocket.transport import FrameTransport
from tests.unit.web.transport_client import Client, FakeTCP, client, text, turns


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
    told: list[str] = []
    one.take_over(cast(asyncio.Transport, FakeTCP()), lambda: told.append("gone"))

    one.connection_lost(ConnectionResetError())

    assert one.closed.done()
    assert told == ["gone"]


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
