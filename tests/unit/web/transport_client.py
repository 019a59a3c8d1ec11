"""The other side of a frame transport in a test, with no network between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from hypothesis import strategies as st
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from myna.settings import Settings
from myna.web.limits import Limits
from myna.web.websocket import transport as module
from myna.web.websocket.transport import FrameTransport

TEXTS = st.one_of(st.text(max_size=300), st.integers(120, 130).map("x".__mul__), st.integers(32_760, 32_768).map("é".__mul__))


class FakeTCP:
    """A TCP transport that keeps what is written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.ended = self.cut = False
        self.reading = True
        self.protocol: Any = asyncio.Protocol()

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
        self.frames.take_over(cast(asyncio.Transport, self.tcp), lambda: None)
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
