"""Words: named places where a test may kill the process. Off, a crash point costs one look at a variable."""

import os

# "name" or "name:n": die at the n-th passing (from 1). Read once: a process is started to die at one place.
_NAME, _, _COUNT = os.environ.get("CHAT_FAILPOINT", "").partition(":")
_left = int(_COUNT or 1)

NAMES = (
    "accepted.confirmed",  # the broker has the message, its sender has not heard so
    "reply.started",
    "reply.part",
    "reply.confirmed",  # the whole reply is in the log, its delivery not acked
    "delivery.acked",
    "relay.folded",  # read, and told nobody
    "record.before",  # about to store
    "record.after",  # stored, and nobody knows
)


def failpoint(name: str) -> None:
    """Die here, at once and without a clean-up, if this place was chosen."""
    global _left
    if name == _NAME:
        _left -= 1
        if _left == 0:
            os._exit(137)
