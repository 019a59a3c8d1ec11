"""The frames of one websocket as bytes, in and out (RFC 6455 §5); no I/O."""

import logging

from websockets.protocol import Protocol, Side

from myna.protocol.errors import Close
from myna.protocol.events import FRAME_LIMIT

# Each socket that ends would write a line of the library's own; ours says more.
_LOGGER = logging.getLogger("myna.websocket")
_LOGGER.setLevel(logging.WARNING)


class FrameReader(Protocol):
    """The library's frame parser of one connection, with our sentences for what it refuses."""

    def __init__(self) -> None:
        super().__init__(Side.SERVER, max_size=FRAME_LIMIT, logger=_LOGGER)
        self.failure: tuple[int, str] | None = None  # code and reason

    def fail(self, code: int, reason: str = "") -> None:
        """End the connection with this close frame; what comes later is discarded (RFC 6455 §7.1.7)."""
        if code == Close.TOO_LARGE:
            reason = f"A frame holds at most {FRAME_LIMIT} bytes."
        elif code == Close.PROTOCOL_ERROR:
            reason = f"This is no websocket frame: {reason}."
        self.failure = self.failure or (code, reason)
        super().fail(code, reason)


def text_frame(payload: bytes) -> bytes:
    """One unmasked, unfragmented text frame (RFC 6455 §5.2). The library's takes three times as long."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
