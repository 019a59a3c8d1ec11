"""How much of the log waits to be stored is known by bytes and by age, and near its end no more is taken on."""

import pytest

from myna.core.projection import Projection
from myna.protocol.topology import LogLimits
from tests.unit.core.folding import fold, store
from tests.unit.log_events import accepted_message, record

DAY_S = 86_400.0
MIB = 1024**2


def message(line: Projection, now: float, size: int = 1) -> None:
    offset = line.reached.offset + 1
    line.fold(record(offset, accepted_message(offset + 1, "x" * size)), now)


def test_no_more_is_taken_on_when_the_log_might_drop_what_is_not_stored() -> None:
    line = Projection("e1", LogLimits(days=7, max_bytes=MIB))
    taken_on = 0
    while taken_on < 150 and not line.behind:
        message(line, 0.0, 8_000)
        taken_on += 1
    assert 90 <= taken_on <= 95, "three quarters of a MiB"
    store(line)
    assert (line.behind, line.unstored_share) == (False, 0.0)
    message(line, 0.0, 8_000)
    assert line.unstored_share < 0.4, "what is stored counts no more, but for what lies before the next mark"


def test_no_more_is_taken_on_when_what_is_not_stored_is_nearly_as_old_as_the_log_may_be() -> None:
    line = Projection("e1", LogLimits(days=8, max_bytes=8 * MIB))
    for day in range(6):
        message(line, day * DAY_S)
    assert line.unstored_share == pytest.approx(5 / 8)
    message(line, 6.5 * DAY_S)
    assert line.behind
    store(line)
    message(line, 7 * DAY_S)
    assert line.unstored_share < 0.2


def test_of_a_log_that_begins_anew_nothing_of_the_old_one_counts() -> None:
    line = Projection("e1", LogLimits(days=8, max_bytes=MIB))
    for _ in range(100):
        message(line, 0.0, 8_000)
    assert line.behind
    line.restart("e2")
    fold(line)
    assert not line.behind
