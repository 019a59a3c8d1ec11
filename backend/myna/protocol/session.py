"""Who sends a request or holds a socket."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    """An owner, when it was made (ms since 1970), and the token that proves it; `due`: to be replaced by a fresh one."""

    owner: str
    token: str
    born_ms: int
    due: bool = False
