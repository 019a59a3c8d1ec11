"""How long recovery may take: one factor for all fault tests, and the sums of what was measured."""

import os

# Budgets are what two idle cores need, with room; a machine that is shared with other work gets this many times as long.
SLOWNESS = float(os.environ.get("TEST_SLOWNESS", "2"))


def budget(seconds: float) -> float:
    """A time limit in seconds for this machine."""
    return seconds * SLOWNESS
