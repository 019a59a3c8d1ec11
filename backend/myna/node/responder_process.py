"""Runs a stand-alone responder from start to SIGTERM."""

from collections.abc import Awaitable, Callable

import structlog

from myna.node.brain import make_brain
from myna.node.brokers import make_broker, process_name, worker_name
from myna.node.garbage_collection import favour_event_loop
from myna.node.laboratory import make_pool, stand_alone
from myna.node.loop_supervisor import Supervisor
from myna.node.metrics_port import ResponderCollector, serve_metrics
from myna.node.stopping import Member, exit_code, first_of, stop_signal
from myna.node.traces import start_traces
from myna.pipeline.responder import Responder
from myna.protocol.errors import StartupError
from myna.settings import Settings
from myna.telemetry.loop_lag import LoopLag

log = structlog.get_logger()


async def respond(settings: Settings, *, member: Member | None = None) -> int:
    """A stand-alone responder until SIGTERM, alone or as a `member` of a group."""
    if settings.embedded_broker:
        raise StartupError("CHAT_AMQP_URL is needed: the embedded broker lives inside `serve`, which answers by itself.")
    stopping = stop_signal(member)
    start_traces(settings, "myna-responder")
    broker = make_broker(settings)
    brain = make_brain(settings)
    pool = make_pool(settings, broker, brain) if settings.lab_on else None
    responder = pool or Responder(broker, brain, worker=worker_name(), prefetch=settings.prefetch)
    loop_lag = LoopLag()
    serve_metrics(settings, lambda: ResponderCollector(responder, broker, loop_lag))
    supervisor = Supervisor()
    favour_event_loop()
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "broker": broker.run,
        "loop lag": loop_lag.run,
        **responder.loops(),
    }
    if pool is not None and (listener := stand_alone(broker, pool)) is not None:
        loops["laboratory"] = listener.run
    for name, loop in loops.items():
        supervisor.start(name, loop)
    log.info("responder.started", worker=responder.worker, process=process_name())
    await first_of(stopping.wait(), supervisor.failed.wait())
    log.info("responder.draining", open=responder.open)
    await responder.drain(settings.drain_s)
    await supervisor.stop("responder", "stops", "laboratory")
    await broker.close()
    await brain.close()
    await supervisor.stop()
    log.info("responder.stopped")
    return exit_code(supervisor)
