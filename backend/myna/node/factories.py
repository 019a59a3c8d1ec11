"""Builds what the settings name: the broker, the mock AI.

It imports no web server and no database: a responder starts in a fifth of the time and takes half the memory without them.
"""

import os
import secrets
import socket
from functools import cache
from typing import assert_never

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.port import Broker
from myna.mock_ai import BUILT_IN, Brain, MockBrain, ScenarioError, ScenarioSource, Ticks
from myna.node.data_dir import make_data_dir
from myna.protocol.errors import StartupError
from myna.protocol.topology import IN_MEMORY, LogLimits
from myna.settings import Settings
from myna.store.forgetful_store import ForgetfulStore
from myna.store.port import Store


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


def forgetful_store() -> Store:
    """A store that keeps no conversation."""
    return ForgetfulStore()


def make_brain(settings: Settings) -> Brain:
    """Who answers. Raises `StartupError` that names the variable."""
    match settings.brain:
        case "mock":
            return _mock_brain(settings)
        case "openai":
            return _openai_brain(settings)
        case _:
            assert_never(settings.brain)


def _mock_brain(settings: Settings) -> Brain:
    source = None
    if settings.mock_scenarios is not None:
        try:
            source = ScenarioSource(settings.mock_scenarios, BUILT_IN)
        except (OSError, ScenarioError, UnicodeDecodeError) as error:
            raise StartupError(f"CHAT_MOCK_SCENARIOS: {settings.mock_scenarios}: {error}") from None
    try:
        return MockBrain(
            scenarios=source.current if source else None,
            profile=settings.mock_profile,
            seed=settings.mock_seed,
            speed=settings.mock_speed,
            poison=settings.lab_on,
            sleep=Ticks().sleep,
        )
    except ValueError as error:
        raise StartupError(f"CHAT_MOCK_PROFILE: {error}") from None


def _openai_brain(settings: Settings) -> Brain:
    if settings.brain_model is None:
        raise StartupError("CHAT_BRAIN_MODEL is needed with CHAT_BRAIN=openai: the model to name there.")
    try:
        from myna.openai_brain import OpenAIBrain  # a second that the mock need not spend, and a library it need not have
    except ImportError:
        raise StartupError("CHAT_BRAIN=openai needs the library openai: pip install 'myna[openai]'.") from None
    return OpenAIBrain(
        model=settings.brain_model,
        api_key=settings.brain_key or "none",
        base_url=settings.brain_url,
        timeout_s=settings.brain_timeout_s,
    )
