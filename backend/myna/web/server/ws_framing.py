"""Words: a websocket text frame as bytes, out and in (RFC 6455 §5.2). No I/O; whatever is not plainly one is left to wsproto."""


def text_frame(payload: bytes) -> bytes:
    """One unmasked, unfragmented text frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def whole_text(data: bytes, at: int) -> tuple[str, int] | None:
    """The text frame that begins here, and where it ends; None unless it is masked, whole, final and shorter than 64 KiB."""
    end = at + 6
    if len(data) < end or data[at] != 0x81 or data[at + 1] < 0x80:
        return None
    size = data[at + 1] & 0x7F
    if size == 127:
        return None
    if size == 126:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end += 2
        if size < 126:
            return None
    if len(data) < end + size:
        return None
    mask, payload = data[end - 4 : end], data[end : end + size]
    if mask != b"\0\0\0\0":
        repeated = (mask * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
    try:
        return payload.decode(), end + size
    except UnicodeDecodeError:
        return None
