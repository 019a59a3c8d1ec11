"""What a connection needs of its socket."""

from collections.abc import Callable
from typing import Protocol


class FrameSocket(Protocol):
    """Text frames in and out, and the end."""

    @property
    def failure(self) -> tuple[int, str] | None:
        """Code and reason, where this side began to close the socket."""

    def start(self, receive: Callable[[str], None], take: Callable[[], list[bytes]]) -> None:
        """From now on `receive` is called with each text frame; after `wake`, `take` for the frames to send, some `TAKEN_BYTES` at once."""

    def wake(self) -> None:
        """There are frames to send: they are taken and written a moment later, or when the client has read what it has."""

    def abort(self, reason: str) -> None:
        """Cut the TCP connection, with nothing said; `reason` is for `failure`."""

    def close(self, code: int, reason: str) -> None:
        """Write what there is to send, `TAKEN_BYTES` at most, then a close frame. Harmless when done twice."""
