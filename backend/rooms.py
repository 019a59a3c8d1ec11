"""Route: the rooms of one node, as the doors to the outside (gateway, api) are given them. It does nothing."""

from dataclasses import dataclass

from backend.broker.port import Broker
from backend.hub import Hub
from backend.intake import Intake
from backend.mock_ai.port import Brain
from backend.recorder import Recorder
from backend.relay import Relay
from backend.responder import Responder
from backend.sessions import Sessions
from backend.settings import Settings
from backend.state import State
from backend.store.port import Store
from backend.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Rooms:
    """One node."""

    settings: Settings
    sessions: Sessions
    broker: Broker
    store: Store
    timeline: Timeline
    hub: Hub
    intake: Intake
    state: State
    recorder: Recorder
    relay: Relay
    brain: Brain
    responder: Responder | None
