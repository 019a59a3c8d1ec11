"""A responder's /metrics has a port of its own, or none."""

import socket
import threading

import pytest
from prometheus_client import CollectorRegistry

from myna.node.metrics_port import serve_metrics
from myna.protocol.errors import StartupError
from myna.settings import Settings


def test_a_taken_port_stops_the_start_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=rf"^CHAT_METRICS_PORT: 127\.0\.0\.1:{port} can't be used \(.+\)\.$"):
            serve_metrics(Settings(_env_file=None, metrics_port=port), CollectorRegistry)


def test_without_a_port_nothing_is_started() -> None:
    before = threading.active_count()
    serve_metrics(Settings(_env_file=None), CollectorRegistry)
    assert threading.active_count() == before
