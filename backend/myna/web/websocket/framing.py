"""The frames of one websocket as bytes, in and out (RFC 6455 §5); no I/O."""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]  # in C where there is a compiled one
from websockets.protocol import Protocol, Side, State

from myna.protocol.errors import Close
from myna.protocol.event_fields import FRAME_LIMIT

# Each socket that ends would write a line of the library's own; ours says more.
_LOGGER = logging.getLogger("myna.websocket")
_LOGGER.setLevel(logging.WARNING)


class FrameReader(Protocol):
    """The library's frame parser of one connection, with our sentences for what it refuses."""

    def __init__(self) -> None:
        super().__init__(Side.SERVER, max_size=FRAME_LIMIT, logger=_LOGGER)
        self.failure: tuple[int, str] | None = None  # code and reason
        self._incomplete = 0  # bytes of a frame that is not complete
        self._in_message = False  # of several frames

    def frames(self, data: bytes) -> Sequence[Frame]:
        """The frames that these bytes complete.

        Nearly always they are one text frame and nothing else, which is read here: the parser takes six times as long.
        """
        if not (self._incomplete or self._in_message) and self.state is State.OPEN and (text := whole_text(data)) is not None:
            return (Frame(Opcode.TEXT, text),)
        self.receive_data(data)
        frames = cast(list[Frame], self.events_received())
        self._incomplete += len(data)
        for frame in frames:
            self._incomplete -= _size(frame)
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                self._in_message = not frame.fin
        return frames

    def fail(self, code: int, reason: str = "") -> None:
        """End the connection with this close frame; what comes later is discarded (RFC 6455 §7.1.7)."""
        if code == Close.TOO_LARGE:
            reason = f"A frame holds at most {FRAME_LIMIT} bytes."
        elif code == Close.PROTOCOL_ERROR:
            reason = f"This is no websocket frame: {reason}."
        self.failure = self.failure or (code, reason)
        super().fail(code, reason)


def _size(frame: Frame) -> int:
    """The bytes of a masked frame on the wire, at least: one whose length is written longer than need be counts as incomplete for ever."""
    size = len(frame.data)
    return 6 + size if size < 126 else 8 + size if size < 65_536 else 14 + size


def whole_text(data: bytes) -> bytes | None:
    """The payload, where this is exactly one masked, unfragmented text frame of less than 64 KiB; None: it takes a parser to say."""
    if len(data) < 6 or data[0] != 0x81 or data[1] < 0x80:
        return None
    size, start = data[1] & 0x7F, 6
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 8
    if size == 127 or len(data) != start + size:
        return None
    return apply_mask(data[start:], data[start - 4 : start])


def text_frames(payloads: Iterable[bytes]) -> bytes:
    """Unmasked, unfragmented text frames (RFC 6455 §5.2). The library's take six times as long."""
    return b"".join([piece for payload in payloads for piece in (_header(len(payload)), payload)])


@lru_cache(maxsize=4096)
def _header(size: int) -> bytes:
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
