"""Who sends a request or holds a socket."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    """An owner, the token that proves it, and when it was made (ms since 1970)."""

    owner: str
    token: str
    born_ms: int
