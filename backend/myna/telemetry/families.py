"""Makes Prometheus' metric families of the counts that a process keeps, and those that every process has."""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from myna.telemetry.histogram import Histogram
from myna.telemetry.loop_lag import LoopLag


def counter(name: str, about: str, labels: list[str], counts: Mapping[tuple[str, ...], float]) -> Metric:
    """A counter with labels, by their values."""
    family = CounterMetricFamily(name, about, labels=labels)
    for values, count in list(counts.items()):
        family.add_metric(list(values), count)
    return family


def histogram(name: str, about: str, seen: Histogram) -> Metric:
    """A histogram without labels."""
    return HistogramMetricFamily(name, about, buckets=list(seen.cumulative()), sum_value=seen.total)


def histograms(name: str, about: str, labels: list[str], seen: Mapping[tuple[str, ...], Histogram]) -> Metric:
    """A histogram with labels, by their values."""
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, one in list(seen.items()):
        family.add_metric(list(values), buckets=list(one.cumulative()), sum_value=one.total)
    return family


def of_process(loop_lag: LoopLag, confirm: Histogram, *, broker_up: bool) -> Iterator[Metric]:
    """What nodes and responders have in common; memory, processor time and descriptors only where the system has /proc."""
    build = GaugeMetricFamily("myna_build_info", "1; the release is in the labels.", labels=["version", "python"])
    build.add_metric([version("myna"), platform.python_version()], 1)
    yield build
    yield from ProcessCollector(registry=None).collect()
    yield histogram("myna_event_loop_lag_seconds", "How much too late the event loop woke a sleeper.", loop_lag.seconds)
    yield histogram("myna_publish_confirm_seconds", "From a publish to the broker's confirm of it.", confirm)
    yield GaugeMetricFamily("myna_broker_up", "1 while the broker can be used.", broker_up)
