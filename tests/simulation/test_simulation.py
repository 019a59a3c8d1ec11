"""Hundreds of random runs keep every invariant, and three injected bugs are found.

A seed that fails is a bug report: `python -m tests.simulation SEED` repeats that run, the same to the last byte.
"""

import time
from collections import Counter

import pytest

from tests.simulation.injected_bugs import INJECTED_BUGS
from tests.simulation.simulator import simulate

SWEEP_S = 8.0  # of processor time, so that a busy machine tries as many
ENOUGH = 15  # seeds, however slow the machine
SEEDS = 40  # in which an injected bug has to be found; most show one


def test_the_same_seed_is_the_same_run() -> None:
    first, again, other = simulate(7), simulate(7), simulate(8)
    assert first == again
    assert first.digest != other.digest


def test_no_run_breaks_an_invariant() -> None:
    counts: Counter[str] = Counter()
    began, seed = time.process_time(), 0
    while seed < ENOUGH or time.process_time() - began < SWEEP_S:
        report = simulate(seed)
        assert report.faults == [], f"seed {seed}: " + "\n".join(report.faults)
        counts += report.counts
        seed += 1
    print(f"{seed} runs: {dict(counts)}")
    never = {"kill_node", "kill_worker", "lose_broker", "lose_store", "resumed", "not resumed", "stops", "branches"} - counts.keys()
    assert never == set(), "these never happened, so nothing was tested"


@pytest.mark.parametrize("bug", INJECTED_BUGS)
def test_an_injected_bug_is_found(bug: str) -> None:
    for seed in range(SEEDS):
        if simulate(seed, INJECTED_BUGS[bug]).faults:
            return
    pytest.fail(f"{SEEDS} seeds did not show: {bug}")
