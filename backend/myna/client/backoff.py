"""How long to stay away before the next connection attempt."""

import random

from myna.protocol.errors import Close

FIRST_S = 0.4  # a restarting server is usually back within half a second
CEILING_S = 5.0  # the longest a client stays away from a server that is back
# Least wait after a close code, in seconds; jitter comes on top. After others there is none.
FLOORS_S: dict[int, float] = {
    Close.RESTART: 0.25,
    Close.OVERLOADED: 3.0,
    Close.FLOODING: 10.0,
    Close.TOO_LARGE: 2.0,
    Close.BINARY_FRAME: 2.0,
}


def backoff_s(attempt: int) -> float:
    """Full jitter: a random wait below a doubling ceiling, so that many clients do not reconnect in step."""
    return random.uniform(0, min(CEILING_S, FIRST_S * 2 ** min(attempt, 16)))
