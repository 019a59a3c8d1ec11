"""Ids as everybody writes them, and the id of a reply, which follows from what it replies to."""

from hashlib import sha1
from uuid import UUID

UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
REPLY_NAMESPACE = UUID("6d796e61-0000-5000-8000-7265706c7900")
_REPLY_SPACE = sha1(REPLY_NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}  # the two bits that say which kind of UUID it is


def reply_id_for(owner: str, key: str) -> str:
    """The reply's id from the owner and the idempotency key: every responder, on any try, speaks of the same reply.

    A UUID of version 5 (RFC 9562 §5.5), without the detour over an object of the library.
    """
    digest = _REPLY_SPACE.copy()
    digest.update(f"{owner}:{key}".encode())
    name = digest.hexdigest()
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{_VARIANT[name[16]]}{name[17:20]}-{name[20:32]}"
