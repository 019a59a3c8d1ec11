"""One backend node: builds its services, and starts, drains and stops its loops in order."""

from collections.abc import Awaitable, Callable
from functools import partial

from myna.broker.port import Broker
from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.node import memory
from myna.node.brain import make_brain
from myna.node.brokers import log_limits, worker_name
from myna.node.laboratory import make_laboratory, make_pool
from myna.node.loop_supervisor import Supervisor
from myna.node.secret_key import secret_key
from myna.pipeline.commands import Commands
from myna.pipeline.log_reader import LogReader
from myna.pipeline.mock_setups import MockSetups
from myna.pipeline.queries import Queries
from myna.pipeline.recorder import Recorder
from myna.pipeline.relay import Relay
from myna.pipeline.relay_metrics import RelayMetrics
from myna.pipeline.relay_spans import RelaySpans
from myna.pipeline.responder import Responder
from myna.pipeline.retention import Retention
from myna.pipeline.storage_signals import StorageSignals
from myna.pipeline.submissions import Submissions
from myna.pipeline.watchdog import Watchdog
from myna.settings import Settings
from myna.store.port import Store
from myna.telemetry import tracing
from myna.web.app import create_app
from myna.web.auth import Sessions
from myna.web.limits import Limits
from myna.web.services import Services
from myna.web.websocket.gateway import Gateway


def make_services(settings: Settings, broker: Broker, store: Store, *, responder: bool) -> Services:
    """The services of one node, wired together; nothing runs yet."""
    projection = Projection("", log_limits(settings))
    hub = Hub()
    brain = make_brain(settings)
    submissions = Submissions(broker, store, projection, brain)
    signals = StorageSignals()
    queries = Queries(store, projection, signals)
    recorder = Recorder(store, projection, signals)
    metrics = RelayMetrics()
    watchdog = Watchdog(broker, projection, submissions.unseen.repeat, abandoned_s=settings.abandoned_s)
    sessions = Sessions(secret_key(settings), settings.secret_key_old, days=settings.session_days)
    mock_setups = MockSetups(broker, store, queries)
    spans = (RelaySpans(projection, hub),) if tracing.on() else ()
    observers = (mock_setups, sessions, hub, metrics, submissions, submissions.unseen, watchdog, signals, *spans, recorder)
    relay = Relay(broker, LogReader(broker, store, projection), projection, observers)
    pool = make_pool(settings, broker, brain) if responder and settings.lab_on else None
    lab = make_laboratory(settings, broker, projection, hub, recorder, pool) if settings.lab_on else None
    answering = pool or (Responder(broker, brain, worker=worker_name(), prefetch=settings.prefetch) if responder else None)
    return Services(
        settings=settings,
        limits=Limits(settings),
        sessions=sessions,
        broker=broker,
        store=store,
        projection=projection,
        hub=hub,
        submissions=submissions,
        commands=Commands(broker, store, projection, queries, submissions),
        queries=queries,
        recorder=recorder,
        relay=relay,
        relay_metrics=metrics,
        watchdog=watchdog,
        mock_setups=mock_setups,
        brain=brain,
        responder=answering,
        lab=lab,
    )


class Node:
    """A backend node: its loops, its app, and the order in which they start and stop."""

    def __init__(self, services: Services, supervisor: Supervisor) -> None:
        """`supervisor` runs the loops; it may run the broker's already."""
        self.services = services
        self.gateway = Gateway(services)
        self.app = create_app(services, self.gateway)
        self.supervisor = supervisor
        settings = services.settings
        self._retention = Retention(
            services.broker,
            services.store,
            services.projection,
            services.recorder,
            keep_days=settings.keep_days,
            log_days=settings.log_days,
        )

    def start(self) -> None:
        """Start every loop; they wait for broker and database by themselves."""
        services = self.services
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "broker": services.broker.run,
            "store": services.store.run,
            "relay": self._relay,
            "watch": services.watchdog.run,
            "recorder": services.recorder.run,
            "retention": self._retention.run,
            "loop lag": services.loop_lag.run,
            "memory": partial(memory.give_back, lambda: services.limits.open_connections, lambda: services.limits.ended_body_bytes),
        }
        if services.responder is not None:
            loops |= services.responder.loops()
        if services.lab is not None and services.lab.listener is not None:
            loops["laboratory"] = services.lab.listener.run
        for name, loop in loops.items():
            self.supervisor.start(name, loop)

    async def _relay(self) -> None:
        await self.services.mock_setups.load()
        await self.services.relay.run()

    async def drain(self) -> None:
        """Not ready → no new work → finish or give back what is open → store it → tell sockets → close them → let go."""
        services = self.services
        if services.lab is not None:
            services.lab.faults.end_all()
        await services.submissions.drain()
        if services.responder is not None:
            await services.responder.drain(services.settings.drain_s)
        await self.gateway.drain()
        await services.recorder.flush()
        await self.supervisor.stop("responder", "stops", "retention", "recorder", "relay", "watch")
        await services.broker.close()
        await services.store.close()
        await services.brain.close()
        await self.supervisor.stop()
