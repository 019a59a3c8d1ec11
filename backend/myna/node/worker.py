"""Roof: runs a responder from start to SIGTERM, and what a node's start has in common with that.

It imports no web server and no database: a responder starts in a fifth of the time and takes half the memory without them.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from myna.broker.embedded.broker import EmbeddedBroker
from myna.broker.port import Broker
from myna.mock_ai import MockBrain, ScenarioError, parse_scenarios
from myna.node.supervisor import Supervisor
from myna.pipeline.responder import Responder
from myna.protocol.errors import StartupError
from myna.settings import Settings

log = structlog.get_logger()


def worker_name() -> str:
    """This process, as others see it in events and in the broker's management page."""
    return f"{socket.gethostname().split('.')[0]}-{os.getpid()}"


def make_data_dir(settings: Settings) -> None:
    """The folder of what is embedded, for our account alone. Raises `StartupError` when it can't be made.

    Root's Postgres runs as another account: that one may pass through on the way to its own folder, and see nothing.
    """
    passing = 0o011 if settings.embedded_database and os.geteuid() == 0 else 0
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700 | passing)
    except OSError as error:
        raise StartupError(f"CHAT_DATA_DIR: {settings.data_dir} can't be made ({error.strerror}).") from None


def make_broker(settings: Settings) -> Broker:
    """The broker that the settings name."""
    if settings.amqp_url is None:
        make_data_dir(settings)
        return EmbeddedBroker(settings.data_dir / "broker.journal")
    from myna.broker.rabbitmq.broker import RabbitBroker  # a third of a second that the embedded mode need not spend

    return RabbitBroker(settings.amqp_url, worker=worker_name())


def make_brain(settings: Settings) -> MockBrain:
    """The mock AI. Raises `StartupError` that names the variable."""
    scenarios = None
    if settings.mock_scenarios is not None:
        try:
            scenarios = parse_scenarios(Path(settings.mock_scenarios).read_text())
        except (OSError, ScenarioError) as error:
            raise StartupError(f"CHAT_MOCK_SCENARIOS: {settings.mock_scenarios}: {error}") from None
    try:
        return MockBrain(scenarios=scenarios, profile=settings.mock_profile)
    except ValueError as error:
        raise StartupError(f"CHAT_MOCK_PROFILE: {error}") from None


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    return stopping


async def first_of(*waits: Awaitable[object]) -> None:
    """Return when the first of these does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def respond(settings: Settings) -> int:
    """A stand-alone responder until SIGTERM."""
    if settings.embedded_broker:
        raise StartupError("CHAT_AMQP_URL is needed: the embedded broker lives inside `serve`, which answers by itself.")
    stopping = stop_signal()
    broker = make_broker(settings)
    responder = Responder(broker, make_brain(settings), worker=worker_name(), prefetch=settings.prefetch)
    supervisor = Supervisor()
    loops: dict[str, Callable[[], Awaitable[None]]] = {"broker": broker.run, "responder": responder.run, "stops": responder.watch_stops}
    for name, loop in loops.items():
        supervisor.start(name, loop)
    log.info("responder.started", worker=responder.worker)
    await first_of(stopping.wait(), supervisor.failed.wait())
    log.info("responder.draining", open=responder.open)
    await responder.drain(settings.drain_s)
    await supervisor.stop("responder", "stops")
    await broker.close()
    await supervisor.stop()
    log.info("responder.stopped")
    return exit_code(supervisor)


def exit_code(supervisor: Supervisor) -> int:
    """0, or 1 and the reason when a loop failed for good. A `StartupError` is raised again."""
    if supervisor.failure is None:
        return 0
    if isinstance(supervisor.failure, StartupError):
        raise supervisor.failure
    log.error("process.failed", reason=str(supervisor.failure))
    return 1
