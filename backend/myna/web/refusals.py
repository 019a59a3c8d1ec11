"""What this node refused and which sockets it closed: each is counted by code, and has a line in the log."""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog

from myna.core.token_bucket import TokenBucket, TokenBuckets
from myna.protocol.errors import ChatError

log = structlog.get_logger()

# A flood of refusals must not cost more than what it asks for: beyond these only the counts go on, and the next line says how
# many lines were left out.
LINES_PER_S, LINES_BURST = 50, 500
ACCESS_REFUSED, RATE_REFUSED = (401, 403), 429


def new_request_id() -> str:
    """What stands in an answer, or in an error frame, and in the line of the log about it: 64 random bits."""
    return f"req_{random.getrandbits(64):016x}"


class Refusals:
    """The counts of one node."""

    def __init__(self, of_address: TokenBuckets, now: Callable[[], float] = time.monotonic) -> None:
        self._of_address, self._now = of_address, now  # requests and upgrades that were refused as too many
        self.refused: Counter[tuple[str, str]] = Counter()  # by how the client asked (http, upgrade, frame) and code
        self.closed: Counter[int] = Counter()  # sockets by code
        self._lines = TokenBucket(LINES_PER_S, LINES_BURST, time.monotonic())
        self._left_out = 0

    def refuse(self, kind: str, error: ChatError, request_id: str, address: str | None, **about: Any) -> None:
        """A request, an upgrade or a frame from this network address ends in an error. Who was refused access is a warning."""
        self.refused[kind, error.code] += 1
        if address is not None and error.status == RATE_REFUSED and kind != "frame":
            self._of_address.take(address, self._now())
        level = "warning" if error.status in ACCESS_REFUSED else "info"
        self._write(level, f"{kind}.error", request_id=request_id, code=error.code, address=_shown(address), **about)

    def wait_s(self, address: str) -> float:
        """0.0; for an address that was refused too often, and went on, the seconds until it may come again."""
        return self._of_address.wait_s(address, self._now())

    def close(self, code: int, reason: str, address: str | None) -> None:
        """This node closes a socket."""
        self.closed[code] += 1
        self._write("info", "socket.closed", code=int(code), reason=reason, address=_shown(address))

    def _write(self, level: str, event: str, **about: Any) -> None:
        if self._lines.take(time.monotonic()):
            self._left_out += 1
            return
        if self._left_out:
            about["lines_left_out"], self._left_out = self._left_out, 0
        getattr(log, level)(event, **about)


def _shown(address: str | None) -> str | None:
    return None if address is None else address.removesuffix("/32")
