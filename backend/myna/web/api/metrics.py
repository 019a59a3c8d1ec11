"""GET /metrics: this node's counts and states for Prometheus. It counts nothing itself and names no owner."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from quart import Blueprint, Response

from myna.broker.port import BrokerStatus, broker_status
from myna.telemetry.families import counter, histogram, histograms, of_process
from myna.web.openapi.annotations import answers
from myna.web.operator import needs_operator
from myna.web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    @needs_operator(services)
    @answers(200, "Prometheus' text format.", "text/plain")
    async def show_metrics() -> Response:
        """This node's counters, gauges and histograms for Prometheus; the queues as the broker has them."""
        broker = await broker_status(services.broker)
        return Response(generate_latest(NodeCollector(services, broker)), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes


class NodeCollector(Collector):
    """One look at a node."""

    def __init__(self, services: Services, broker: BrokerStatus) -> None:
        self._services = services
        self._broker = broker

    def collect(self) -> Iterator[Metric]:
        """Every metric there is."""
        yield from self._counters()
        yield from self._gauges()
        yield from self._queue_gauges()
        yield from self._replies()
        yield from self._http()
        services = self._services
        yield histogram(
            "myna_database_read_seconds", "Queries that were answered, with the wait for a connection.", services.store.read_seconds
        )
        yield histogram("myna_database_write_seconds", "Batches that this node recorded.", services.recorder.write_seconds)
        yield from of_process(services.loop_lag, services.broker.confirm_seconds, broker_up=self._broker.up)
        if services.responder is not None:
            yield from services.responder.metrics.families()

    def _counters(self) -> Iterator[Metric]:
        services = self._services
        counts = services.relay_metrics.counts
        yield CounterMetricFamily("myna_messages", "Messages accepted, as this node read them in the log.", counts["messages"])
        yield CounterMetricFamily("myna_events", "Events that this node read in the log and that counted.", counts["events"])
        yield CounterMetricFamily("myna_deltas", "Reply parts among the events.", counts["deltas"])
        skipped = CounterMetricFamily("myna_skipped_lines", "Lines of the log that this node passed over.", labels=["reason"])
        for reason in ("unreadable", "unknown", "faults"):
            skipped.add_metric([reason], counts[reason])
        yield skipped
        yield CounterMetricFamily("myna_mailbox_overflows", "Connections cut off because they read too slowly.", services.hub.overflows)
        yield CounterMetricFamily("myna_refused_facts", "Facts that the database did not take, set aside.", services.recorder.refused)

        yield CounterMetricFamily("myna_missed_records", "Records that the log dropped before this node read them.", services.relay.missed)

        limited = CounterMetricFamily(
            "myna_limited", "Refusals by a limit (web/limits.py), by what the client met.", labels=["limit", "answer"]
        )
        for (limit, answer), count in services.limits.refused.items():
            limited.add_metric([limit, answer], count)
        yield limited
        refusals = services.limits.refusals
        refused = CounterMetricFamily("myna_refusals", "Requests, upgrades and frames that ended in an error.", labels=["kind", "code"])
        for labels, count in refusals.refused.items():
            refused.add_metric(list(labels), count)
        yield refused
        closed = CounterMetricFamily("myna_sockets_closed", "Sockets that this node closed; 1006 without a close frame.", labels=["code"])
        for code, count in refusals.closed.items():
            closed.add_metric([str(int(code))], count)
        yield closed

    def _replies(self) -> Iterator[Metric]:
        relay = self._services.relay_metrics
        yield counter("myna_replies", "Replies ended, as this node read them: by finish reason or code.", ["outcome"], relay.replies)
        yield histogram("myna_reply_queued_seconds", "From accepted to picked up by a responder, of completed replies.", relay.queued)
        yield histogram("myna_reply_first_part_seconds", "From picked up to the first part, of completed replies.", relay.first_part)
        yield histogram("myna_reply_duration_seconds", "From accepted to the end, of completed replies.", relay.duration)

    def _http(self) -> Iterator[Metric]:
        http = self._services.http
        yield counter(
            "myna_http_requests",
            "Requests answered; not those that a limit refused (myna_limited_total).",
            ["method", "route", "status"],
            http.requests,
        )
        yield histograms("myna_http_request_seconds", "From a request's headers to those of its answer.", ["route"], http.seconds)
        frames = CounterMetricFamily("myna_socket_frames", "Frames of clients that were well-formed.", labels=["type"])
        for kind, count in http.frames.items():
            frames.add_metric([kind], count)
        yield frames

    def _gauges(self) -> Iterator[Metric]:
        services = self._services
        yield GaugeMetricFamily("myna_connections", "Live sockets and event streams on this node.", services.hub.count)
        yield GaugeMetricFamily("myna_tcp_connections", "TCP connections open.", services.limits.open_connections)
        yield GaugeMetricFamily("myna_tcp_connections_max", "TCP connections that may be open.", services.limits.most_connections)
        yield GaugeMetricFamily("myna_body_bytes", "Bytes of request and response bodies in flight.", services.limits.body_bytes)
        turns = GaugeMetricFamily("myna_turns", "Turns that are being answered, or wait for the one before them.", labels=["state"])
        turns.add_metric(["open"], services.submissions.turns.open_count)
        turns.add_metric(["waiting"], services.submissions.turns.waiting_count)
        yield turns
        yield GaugeMetricFamily("myna_pending_facts", "Facts read in the log and not known to be stored.", services.projection.pending)
        yield GaugeMetricFamily(
            "myna_unstored_log_ratio", "Of what the log may hold, by bytes or age, the part not stored.", services.projection.unstored_share
        )
        yield GaugeMetricFamily("myna_recorder_active", "1 on the node that records.", services.recorder.active)
        yield GaugeMetricFamily("myna_relay_live", "1 when this node has read the log up to its end.", services.relay.live)
        yield GaugeMetricFamily("myna_store_up", "1 while the database can be used.", services.store.up)
        lag_ms = services.relay_metrics.lag_ms()
        lag = GaugeMetricFamily("myna_relay_lag_seconds", "How old the newest event was when this node read it.", labels=())
        if lag_ms is not None:
            lag.add_metric((), lag_ms / 1000)
        yield lag

    def _queue_gauges(self) -> Iterator[Metric]:
        messages = GaugeMetricFamily("myna_queue_messages", "Messages in a queue, or records in the log.", labels=["queue", "state"])
        consumers = GaugeMetricFamily("myna_queue_consumers", "Consumers of a queue.", labels=["queue"])
        for queue in self._broker.queues:
            if queue.depth is not None:
                messages.add_metric([queue.name, "ready"], queue.depth)
            if queue.unacked is not None:
                messages.add_metric([queue.name, "unacked"], queue.unacked)
            if queue.consumers is not None:
                consumers.add_metric([queue.name], queue.consumers)
        yield messages
        yield consumers
