"""Named places at which a test may kill the process. Unless one is chosen, a failpoint costs one comparison.

`CHAT_FAILPOINT=name` kills the process when it passes that place for the first time, `name:n` at the n-th passing. The
process ends at once with exit code 137 and no clean-up, as by kill -9.
"""

import os

# Failpoint → what is done and what is not when the process dies there.
FAILPOINTS = {
    "accepted.confirmed": "the broker has confirmed a message; its sender has not been told",
    "reply.started": "the first event of a reply was handed to the publisher",
    "reply.part": "a part, or the end, of a reply was handed to the publisher",
    "reply.confirmed": "every event of a delivery's replies is confirmed; the delivery is not acked",
    "delivery.acked": "the delivery is acked",
    "relay.folded": "a record of the log is applied to the projection; no client has been told",
    "record.before": "a batch is about to be stored",
    "record.after": "a batch is committed; the recorder has not noted it",
}

_name: str | None = None
_left = 0  # passings until the process dies


def choose(failpoint: str) -> None:
    """Die at this place: `name` or `name:n`. Raises `ValueError` where there is no such failpoint."""
    global _name, _left
    name, _, count = failpoint.partition(":")
    if name not in FAILPOINTS or not (count or "1").isdecimal():
        raise ValueError(f"CHAT_FAILPOINT can't be {failpoint!r}: it takes name or name:n, with a name of {', '.join(FAILPOINTS)}.")
    _name, _left = name, int(count or 1)


def failpoint(name: str) -> None:
    """Die here if this place was chosen and has been passed often enough."""
    global _left
    if name == _name:
        _left -= 1
        if _left == 0:
            os._exit(137)


if _chosen := os.environ.get("CHAT_FAILPOINT"):
    choose(_chosen)
