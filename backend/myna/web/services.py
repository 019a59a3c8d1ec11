"""The services of one node, as they are injected into the handlers of HTTP routes and sockets."""

from dataclasses import dataclass, field

from myna.broker.port import Broker
from myna.core.hub import Hub
from myna.core.projection import Projection
from myna.lab.laboratory import Laboratory
from myna.lab.responder_pool import ResponderPool
from myna.mock_ai.port import Brain
from myna.pipeline.commands import Commands
from myna.pipeline.mock_setups import MockSetups
from myna.pipeline.queries import Queries
from myna.pipeline.recorder import Recorder
from myna.pipeline.relay import Relay
from myna.pipeline.relay_metrics import RelayMetrics
from myna.pipeline.responder import Responder
from myna.pipeline.submissions import Submissions
from myna.pipeline.watchdog import Watchdog
from myna.settings import Settings
from myna.store.port import Store
from myna.telemetry.loop_lag import LoopLag
from myna.web.auth import Sessions
from myna.web.http_metrics import HttpMetrics
from myna.web.limits import Limits


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with."""

    settings: Settings
    limits: Limits
    sessions: Sessions
    broker: Broker
    store: Store
    projection: Projection
    hub: Hub
    submissions: Submissions
    commands: Commands
    queries: Queries
    recorder: Recorder
    relay: Relay
    relay_metrics: RelayMetrics
    watchdog: Watchdog
    mock_setups: MockSetups
    brain: Brain
    responder: Responder | ResponderPool | None
    lab: Laboratory | None = None
    http: HttpMetrics = field(default_factory=HttpMetrics)
    loop_lag: LoopLag = field(default_factory=LoopLag)
