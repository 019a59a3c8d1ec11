"""Uses processor time and does nothing else, for comparison: `python -m tests.attacks.spinning SHARE SECONDS`."""

import os
import sys
import time

STEP_S = 0.01


def use_one_core() -> None:
    """Let this process run on one core alone: an attacker elsewhere would take none of the node's."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Spin for this share of each hundredth of a second."""
    use_one_core()
    share, seconds = map(float, sys.argv[1:])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        until = time.thread_time() + STEP_S * min(share, 1)
        while time.thread_time() < until:
            pass
        time.sleep(STEP_S * max(0.0, 1 - share))


if __name__ == "__main__":
    main()
