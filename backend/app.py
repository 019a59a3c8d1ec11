"""Roof: builds one node out of its rooms, and a Quart app in front of it. The only place that knows all of them."""

from collections.abc import Awaitable, Callable

from quart import Quart, Response
from quart_cors import cors

from backend.api import (
    conversations,
    docs,
    export,
    health,
    importing,
    limiting,
    line,
    messages,
    metrics,
    openai,
    page,
    pipeline,
    refusing,
    search,
    session,
)
from backend.broker.port import Broker
from backend.edge import FrameWebsocket, RoomyRequest
from backend.events import FRAME_LIMIT
from backend.gateway import Gateway
from backend.hub import Hub
from backend.intake import Intake
from backend.recorder import Recorder
from backend.relay import Relay
from backend.responder import Responder
from backend.responding import make_brain, worker_name
from backend.rooms import Rooms
from backend.sessions import Sessions, secret_key
from backend.settings import Settings
from backend.state import State
from backend.store.port import Store
from backend.supervisor import Supervisor
from backend.timeline import Timeline


def make_rooms(settings: Settings, broker: Broker, store: Store, *, responder: bool) -> Rooms:
    """One node's rooms, wired and at rest."""
    timeline = Timeline("")
    hub = Hub()
    intake = Intake(broker, store, timeline)
    state = State(broker, store, timeline)
    recorder = Recorder(store, timeline, state)
    relay = Relay(broker, store, timeline, hub=hub, intake=intake, state=state, recorder=recorder, abandoned_s=settings.abandoned_s)
    brain = make_brain(settings)
    return Rooms(
        settings=settings,
        sessions=Sessions(secret_key(settings)),
        broker=broker,
        store=store,
        timeline=timeline,
        hub=hub,
        intake=intake,
        state=state,
        recorder=recorder,
        relay=relay,
        brain=brain,
        responder=Responder(broker, brain, worker=worker_name(), prefetch=settings.prefetch) if responder else None,
    )


class Node:
    """A backend node: its loops, its app, and the order in which they start and stop."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.gateway = Gateway(rooms)
        self.app = create_app(rooms, self.gateway)
        self.supervisor = Supervisor()

    def start(self) -> None:
        """Start every loop; they wait for broker and database by themselves."""
        rooms = self.rooms
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "broker": rooms.broker.run,
            "store": rooms.store.run,
            "relay": rooms.relay.run,
            "watch": rooms.relay.watch,
            "recorder": rooms.recorder.run,
        }
        if rooms.responder is not None:
            loops |= {"responder": rooms.responder.run, "stops": rooms.responder.watch_stops}
        for name, loop in loops.items():
            self.supervisor.start(name, loop)

    async def drain(self) -> None:
        """Not ready → no new work → finish or give back what is open → store it → tell sockets → close them → let go."""
        rooms = self.rooms
        await rooms.intake.drain()
        if rooms.responder is not None:
            await rooms.responder.drain(rooms.settings.drain_s)
        await self.gateway.drain()
        await rooms.recorder.flush()
        await self.supervisor.stop("responder", "stops", "recorder", "relay", "watch")
        await rooms.broker.close()
        await rooms.store.close()
        await self.supervisor.stop()


def create_app(rooms: Rooms, gateway: Gateway) -> Quart:
    """The Quart app over a node's rooms: routes, refusals, headers. Starts nothing."""
    app = Quart(__name__, static_folder=None)
    app.websocket_class = FrameWebsocket
    app.request_class = RoomyRequest
    app.config["MAX_CONTENT_LENGTH"] = FRAME_LIMIT
    app.config["EXPLAIN_TEMPLATE_LOADING"] = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(gateway.blueprint)
    for module in (session, messages, conversations, export, importing, line, search, pipeline, openai, health, metrics, docs, page):
        app.register_blueprint(module.blueprint(rooms))
    refusing.register(app)
    limiting.register(app, rooms)

    @app.after_request
    async def add_headers(response: Response) -> Response:
        response.headers.update(page.HEADERS)
        return response

    if rooms.settings.allowed_origins:
        app = cors(
            app,
            allow_origin=rooms.settings.allowed_origins,
            allow_credentials=True,
            allow_headers=["authorization", "content-type"],
            expose_headers=["content-disposition", "retry-after"],
        )
        # It would refuse every socket whose page is not listed, our own page's too: the gateway's check_origin decides there.
        app.before_websocket_funcs.clear()
    return app
