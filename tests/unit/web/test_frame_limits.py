"""A client that sends too much, too often or too large is cut off, and many at once leave each other their turn."""

import pytest
from websockets.frames import Frame, Opcode

from tests.unit.web.transport_client import client, text


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
