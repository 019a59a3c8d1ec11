"""GET /metrics on a port of its own, with no token: for Prometheus, inside the network that it shares with nodes and responders."""

from collections.abc import Callable, Iterator

from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from myna.broker.port import Broker
from myna.lab.responder_pool import ResponderPool
from myna.pipeline.responder import Responder
from myna.protocol.errors import StartupError
from myna.settings import Settings
from myna.telemetry.families import of_process
from myna.telemetry.loop_lag import LoopLag


class ResponderCollector(Collector):
    """One look at a responder."""

    def __init__(self, responder: Responder | ResponderPool, broker: Broker, loop_lag: LoopLag) -> None:
        self._responder = responder
        self._broker = broker
        self._loop_lag = loop_lag

    def collect(self) -> Iterator[Metric]:
        """Every metric there is. Called by the server's thread: what it reads are numbers that only grow."""
        yield from self._responder.metrics.families()
        yield GaugeMetricFamily("myna_responder_consuming", "1 while it takes deliveries.", self._responder.consuming)
        yield from of_process(self._loop_lag, self._broker.confirm_seconds, broker_up=self._broker.up)


def serve_metrics(settings: Settings, make: Callable[[], Collector]) -> None:
    """Answer on CHAT_METRICS_PORT until this process ends, if there is such a port. Raises `StartupError` where it is taken."""
    if settings.metrics_port is None:
        return
    try:
        start_http_server(settings.metrics_port, settings.host, registry=make())
    except OSError as error:
        raise StartupError(f"CHAT_METRICS_PORT: {settings.host}:{settings.metrics_port} can't be used ({error.strerror}).") from None
