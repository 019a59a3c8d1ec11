"""Rates tell what came of late, whoever looks and how often."""

from myna.core.fold_rules import FoldResult
from myna.core.log_entries import EventEntry
from myna.pipeline.relay_metrics import LONGEST_S, RATED, WINDOW_S, RelayMetrics
from myna.protocol.events import Position
from tests.unit.log_events import accepted_message


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def read(metrics: RelayMetrics, messages: int) -> None:
    job = accepted_message(1)
    metrics.observe(FoldResult(1, [EventEntry(Position(1, 0), job, b"") for _ in range(messages)]))


def test_a_rate_is_of_the_last_seconds_and_falls_to_nothing_when_the_log_is_idle_though_nobody_looked_meanwhile() -> None:
    clock = Clock()
    metrics = RelayMetrics(clock)
    metrics.caught_up(0)
    for _ in range(20):
        read(metrics, 3)
        clock.now += 0.5

    busy, minute = metrics.per_s(), metrics.per_s(LONGEST_S)
    clock.now += 14 * 60
    idle = metrics.per_s()

    assert busy == {"messages": 6, "events": 6, "deltas": 0, "ends": 0}
    assert minute["messages"] == 60 / LONGEST_S
    assert idle == dict.fromkeys(RATED, 0)


def test_two_readers_see_the_same_rate() -> None:
    clock = Clock()
    metrics = RelayMetrics(clock)
    metrics.caught_up(0)
    read(metrics, 10)
    clock.now += 1

    first, second = metrics.per_s(), metrics.per_s()

    assert first == second == {"messages": 10 / WINDOW_S, "events": 10 / WINDOW_S, "deltas": 0, "ends": 0}


def test_what_is_read_while_a_node_catches_up_is_no_rate() -> None:
    clock = Clock()
    metrics = RelayMetrics(clock)
    metrics.catching_up()
    read(metrics, 1_000)

    unknown = metrics.per_s()
    metrics.caught_up(0)

    assert unknown == dict.fromkeys(RATED)
    assert metrics.per_s() == dict.fromkeys(RATED, 0)
