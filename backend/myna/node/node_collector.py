"""A node's metrics for a port of their own, whose server is a thread beside the event loop."""

import asyncio
from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from myna.broker.port import STATUS_TIMEOUT_S, broker_status
from myna.web.api.metrics import NodeCollector
from myna.web.services import Services


class ThreadCollector(Collector):
    """One look at a node, from a thread: the broker is asked in the event loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._loop = asyncio.get_running_loop()

    def collect(self) -> Iterator[Metric]:
        """Every metric there is. Raises `TimeoutError` where the event loop does not answer."""
        asked = asyncio.run_coroutine_threadsafe(broker_status(self._services.broker), self._loop)
        yield from NodeCollector(self._services, asked.result(2 * STATUS_TIMEOUT_S)).collect()
