"""`python -m tests.simulation SEED` runs one seed; `… FROM TO` runs many and prints those that fail."""

import logging
import sys
from collections import Counter

import structlog

from tests.simulation.simulator import simulate


def main(first: int, last: int) -> int:
    counts: Counter[str] = Counter()
    failed = 0
    for seed in range(first, last + 1):
        report = simulate(seed)
        counts += report.counts
        if report.faults:
            failed += 1
            print(f"seed {seed}:", *report.faults, sep="\n  ")
    print(f"{last - first + 1 - failed} of {last - first + 1} runs kept every invariant: {dict(counts)}")
    return min(failed, 1)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    arguments = [int(one) for one in sys.argv[1:3]]
    sys.exit(main(arguments[0], arguments[-1]))
