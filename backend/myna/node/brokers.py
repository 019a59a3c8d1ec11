"""Builds the broker that the settings name. It imports little, so that a process can connect while it imports the rest."""

import os
import secrets
import socket
from functools import cache

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.port import Broker
from myna.node.data_dir import make_data_dir
from myna.protocol.topology import IN_MEMORY, LogLimits
from myna.settings import Settings


@cache
def worker_name() -> str:
    """This process as people see it in events: the same until it ends, and silent about the machine it runs on."""
    return f"responder-{secrets.token_hex(2)}"


def process_name() -> str:
    """This process as operators see it, in the log and in the broker's management page."""
    return f"{worker_name()} {socket.gethostname().split('.')[0]}-{os.getpid()}"


def log_limits(settings: Settings) -> LogLimits:
    """How much of the log the settings keep."""
    usual = IN_MEMORY if settings.embedded_broker else LogLimits()
    return LogLimits(settings.log_days, settings.log_bytes or usual.max_bytes)


def make_broker(settings: Settings) -> Broker:
    """The broker that the settings name."""
    if settings.amqp_url is None:
        make_data_dir(settings)
        return EmbeddedBroker(settings.data_dir / "broker.journal", log_limits(settings))
    from myna.broker.rabbitmq.broker import RabbitBroker  # a third of a second that the embedded mode need not spend

    return RabbitBroker(settings.amqp_url, worker=process_name(), limits=log_limits(settings))


def memory_broker() -> Broker:
    """A broker that is gone with this process."""
    return EmbeddedBroker()
