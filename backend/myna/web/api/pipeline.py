"""GET /api/pipeline: queues, relay, recorder and turns as this node and the broker see them, in numbers."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote, urlsplit

from quart import Blueprint
from quart_schema import validate_response

from myna.broker.port import BrokerStatus, broker_status
from myna.core.projection import Projection
from myna.web.api.models import Answer
from myna.web.operator import needs_operator
from myna.web.services import Services


class PipelineQueue(Answer):
    """A queue as the broker sees it."""

    name: str
    depth: int | None
    unacked: int | None
    consumers: int | None


class PipelineBroker(Answer):
    """The broker; no queues where it is away or too slow to answer."""

    kind: Literal["rabbitmq", "embedded"]
    up: bool
    management_url: str | None
    vhost: str | None
    queues: list[PipelineQueue]


class PipelineRelay(Answer):
    """How far this node has read the log."""

    live: bool
    position: int
    lag_ms: int | None


class PipelineRecorder(Answer):
    """How far the log is stored; `active` on the node that stores."""

    active: bool
    stored_position: int | None
    pending: int


class PipelineStore(Answer):
    """The database."""

    up: bool


class PipelineWorker(Answer):
    """A responder and the replies it has begun."""

    worker: str
    open: int


class PipelineRates(Answer):
    """What this node read in the log, a second, of late; null while it catches up."""

    messages_per_s: float | None
    events_per_s: float | None
    deltas_per_s: float | None
    ends_per_s: float | None


class Pipeline(Answer):
    """The pipeline in numbers; null is unknown. `lab`: whether the routes below /api/lab exist."""

    broker: PipelineBroker
    relay: PipelineRelay
    recorder: PipelineRecorder
    store: PipelineStore
    sockets: int
    open_turns: int
    waiting_turns: int
    responders: list[PipelineWorker]
    rates: PipelineRates
    lab: bool


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("pipeline", __name__)

    @routes.get("/api/pipeline")
    @needs_operator(services)
    @validate_response(Pipeline)
    async def show_pipeline() -> Pipeline:
        """Queues, relay, recorder, store, turns, responders and rates, as this node and the broker see them."""
        return pipeline_of(services, await broker_status(services.broker))

    return routes


def vhost_of(amqp_url: str | None) -> str | None:
    """The virtual host that a broker's URL names; None for the embedded broker, which has none."""
    return None if amqp_url is None else unquote(urlsplit(amqp_url.partition(",")[0]).path[1:]) or "/"


def pipeline_of(services: Services, broker: BrokerStatus) -> Pipeline:
    """One look at a node and its broker."""
    projection, recorder, relay, turns = services.projection, services.recorder, services.relay, services.submissions.turns
    rates = services.relay_metrics.per_s()
    return Pipeline(
        broker=PipelineBroker(
            kind=broker.kind,
            up=broker.up,
            management_url=services.settings.management_url,
            vhost=vhost_of(services.settings.amqp_url),
            queues=[PipelineQueue.model_validate(queue) for queue in broker.queues],
        ),
        relay=PipelineRelay(live=relay.live, position=projection.reached.offset, lag_ms=services.relay_metrics.lag_ms()),
        recorder=PipelineRecorder(active=recorder.active, stored_position=stored_position(projection), pending=projection.pending),
        store=PipelineStore.model_validate(services.store),
        sockets=services.hub.count,
        open_turns=turns.open_count,
        waiting_turns=turns.waiting_count,
        responders=[PipelineWorker(worker=worker, open=count) for worker, count in sorted(open_by_worker(projection).items())],
        rates=PipelineRates(**rounded(rates)),
        lab=services.settings.lab_on,
    )


def open_by_worker(projection: Projection) -> Counter[str]:
    """How many replies each responder has begun and not ended."""
    return Counter(reply.worker for reply in projection.open_replies.values() if reply.worker)


def stored_position(projection: Projection) -> int | None:
    """The offset up to which the log is stored; None where nothing is."""
    return projection.stored.high.offset if projection.stored else None


def rounded(rates: Mapping[str, float | None]) -> dict[str, float | None]:
    """Rates as fields of an answer."""
    return {f"{name}_per_s": None if rate is None else round(rate, 2) for name, rate in rates.items()}
