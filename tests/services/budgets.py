"""One factor for every time limit in the tests, and the sums of what was measured."""

import os

# Budgets are what two idle cores need, with room; a machine that has other work too gets this many times as long. `tests/run.py` sets it
# higher while it runs several parts at once.
SLOWNESS = float(os.environ.get("TEST_SLOWNESS", "2"))


def budget(seconds: float) -> float:
    """A time limit in seconds for this machine."""
    return seconds * SLOWNESS
