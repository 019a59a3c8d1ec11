"""Uses processor time and does nothing else, for comparison: `python -m tests.attacks.spinning SHARE SECONDS`."""

import sys
import time

STEP_S = 0.01


def main() -> None:
    """Spin for this share of each hundredth of a second."""
    share, seconds = map(float, sys.argv[1:])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        until = time.thread_time() + STEP_S * min(share, 1)
        while time.thread_time() < until:
            pass
        time.sleep(STEP_S * max(0.0, 1 - share))


if __name__ == "__main__":
    main()
