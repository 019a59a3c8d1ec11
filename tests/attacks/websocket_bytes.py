"""Websocket frames as bytes (RFC 6455 §5), right ones and wrong ones."""

CONTINUATION, TEXT, BINARY, CLOSE, PING = 0x0, 0x1, 0x2, 0x8, 0x9
FIN, COMPRESSED, MASKED = 0x80, 0x40, 0x80
ZERO_MASK = b"\0\0\0\0"
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def frame(payload: bytes, opcode: int = TEXT, *, flags: int = FIN, announced: int | None = None) -> bytes:
    """A frame as clients send them; `announced` is a length that is not the payload's."""
    size = len(payload) if announced is None else announced
    first = bytes([flags | opcode])
    if size < 126:
        return first + bytes([MASKED | size]) + ZERO_MASK + payload
    if size < 65_536:
        return first + bytes([MASKED | 126]) + size.to_bytes(2, "big") + ZERO_MASK + payload
    return first + bytes([MASKED | 127]) + size.to_bytes(8, "big") + ZERO_MASK + payload


def close_code(read: bytes) -> int | None:
    """The code of the close frame that these bytes of a server end with; None where there is none."""
    at = read.rfind(b"\x88")
    return int.from_bytes(read[at + 2 : at + 4], "big") if 0 <= at < len(read) - 3 else None
