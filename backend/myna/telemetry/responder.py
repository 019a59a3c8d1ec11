"""What a responder counts, and how it looks to Prometheus."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from myna.telemetry.families import counter, histogram
from myna.telemetry.histogram import Histogram


class ResponderMetrics:
    """The counts of one responder since it started."""

    def __init__(self) -> None:
        self.open = 0  # replies being made
        self.replies: Counter[tuple[str, ...]] = Counter()  # that it ended: by finish reason, or code of the failure
        self.deliveries: Counter[tuple[str, ...]] = Counter()  # by what became of them
        self.redelivered = 0
        self.queued, self.first_part, self.duration = Histogram(), Histogram(), Histogram()

    def ended(self, outcome: str, queued_ms: int, first_part_ms: int | None, total_ms: int) -> None:
        """A reply has ended."""
        self.replies[(outcome,)] += 1
        self.queued.observe(queued_ms / 1000)
        self.duration.observe(total_ms / 1000)
        if first_part_ms is not None:
            self.first_part.observe(first_part_ms / 1000)

    def families(self) -> Iterator[Metric]:
        """All of it."""
        yield GaugeMetricFamily("myna_responder_open_replies", "Replies that this responder is making.", self.open)
        yield counter(
            "myna_responder_replies", "Replies that it ended, by finish reason or the code of the failure.", ["outcome"], self.replies
        )
        yield counter("myna_responder_deliveries", "Deliveries of chat_queue that it settled, by how.", ["outcome"], self.deliveries)
        yield CounterMetricFamily("myna_responder_redeliveries", "Deliveries that had been given out before.", self.redelivered)
        yield histogram("myna_responder_queued_seconds", "From accepted to picked up, of replies that it ended.", self.queued)
        yield histogram("myna_responder_first_part_seconds", "From picked up to the first part, of replies that it ended.", self.first_part)
        yield histogram("myna_responder_reply_seconds", "From accepted to the end, of replies that it ended.", self.duration)
