"""Ids as everybody writes them, and the id of a reply, which follows from what it replies to."""

from hashlib import sha1
from uuid import UUID

UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
REPLY_NAMESPACE = UUID("6d796e61-0000-5000-8000-7265706c7900")
_REPLY_SPACE = REPLY_NAMESPACE.bytes


def reply_id_for(owner: str, key: str) -> str:
    """The reply's id from the owner and the idempotency key: every responder, on any try, speaks of the same reply.

    A UUID of version 5 (RFC 9562 §5.5), without the detour over an object of the library.
    """
    digest = bytearray(sha1(_REPLY_SPACE + f"{owner}:{key}".encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    name = digest.hex()
    return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
