"""/api/lab: what operators can break on purpose, see and set here. The routes exist with CHAT_LAB alone."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_response, validate_response

from myna.lab.faults import AFTER_PART, MOST_PARTS
from myna.lab.laboratory import Laboratory
from myna.lab.responder_pool import MOST_PREFETCH, MOST_RESPONDERS, ResponderPool, State
from myna.protocol.errors import Behind, Conflict, NotFound
from myna.protocol.field_types import Strict
from myna.web.api.models import Answer
from myna.web.api.pipeline_turns import caller_of
from myna.web.api.requests import validate_body, validate_optional_body
from myna.web.openapi.annotations import raises
from myna.web.operator import needs_operator
from myna.web.services import Services


class LabSeconds(Answer):
    """How long a fault lasts."""

    default: float
    min: float
    max: float


class LabFault(Answer):
    """Something that can be broken here; `seconds` is null where it is over at once, `until` stands while it lasts."""

    name: str
    about: str
    seconds: LabSeconds | None
    until: str | None


class LabWorker(Answer):
    """A responder of this node, with so many deliveries in hand and replies open in it."""

    worker: str
    state: State
    in_hand: int


class LabResponders(Answer):
    """This node's own responders, as many as are wanted and with which prefetch each; those that leave are not listed."""

    count: int
    prefetch: int
    max_count: int
    max_prefetch: int
    workers: list[LabWorker]


class Lab(Answer):
    """What is here; `responders` is null where this node runs none."""

    broker: Literal["rabbitmq", "embedded"]
    database: Literal["postgres", "embedded"]
    responders: LabResponders | None
    faults: list[LabFault]


class LabLedger(Answer):
    """The promises over the events of all owners, between two offsets; `green` while none is broken."""

    epoch: str
    begin: Annotated[int, Field(serialization_alias="from")]
    end: Annotated[int, Field(serialization_alias="to")]
    last: int
    green: bool
    accepted: int
    answered: int
    open: int
    failed: int
    lost: int
    doubled: int
    out_of_order: int
    leaked: int
    broken: int
    faults: list[str]


class FaultOrder(Strict):
    """How long it is to last (its default where left out), and for `end_responder` behind which part of a reply."""

    seconds: float | None = None
    after_part: Annotated[int, Field(ge=1, le=MOST_PARTS)] = AFTER_PART


class FaultBegun(Answer):
    """What was done; `after` is the offset in the log before it."""

    name: str
    until: str | None
    after: int
    what: str


class RespondersOrder(Strict):
    """How many, and how many deliveries each may have in hand; what is left out stays."""

    count: Annotated[int | None, Field(ge=0, le=MOST_RESPONDERS)] = None
    prefetch: Annotated[int | None, Field(ge=1, le=MOST_PREFETCH)] = None


def blueprint(services: Services) -> Blueprint:
    """The routes; none without a laboratory."""
    routes = Blueprint("lab", __name__)
    lab = services.lab
    if lab is not None:
        _add_routes(routes, services, lab)
        _add_ledger(routes, services, lab)
    return routes


def _add_routes(routes: Blueprint, services: Services, lab: Laboratory) -> None:
    @routes.get("/api/lab")
    @needs_operator(services)
    @validate_response(Lab)
    async def show_lab() -> Lab:
        """The faults that are possible here, those that last, and this node's responders."""
        faults = [
            LabFault(
                name=fault.name, about=fault.about, seconds=fault.seconds and LabSeconds.model_validate(fault.seconds),
                until=lab.faults.until(fault.name),
            )
            for fault in lab.faults.possible.values()
        ]  # fmt: skip
        responders = None if lab.responders is None else responders_of(lab.responders)
        return Lab(broker=lab.broker, database=lab.database, responders=responders, faults=faults)

    @routes.post("/api/lab/faults/<name>")
    @needs_operator(services)
    @raises(Conflict, Behind)
    @validate_optional_body(FaultOrder)
    @validate_response(FaultBegun, 202)
    async def begin_fault(name: str, data: FaultOrder) -> tuple[FaultBegun, int]:
        """Break something, for a bounded time. What is the caller's own takes a session beside the operator's access."""
        caller, after = caller_of(services), services.projection.reached.offset
        owner = caller.owner if caller is not None else None
        begun = await lab.faults.begin(name, data.seconds, owner=owner, after_part=data.after_part)
        return FaultBegun(name=name, until=begun.until, after=after, what=begun.what), 202

    @routes.put("/api/lab/responders")
    @needs_operator(services)
    @raises(NotFound)
    @validate_body(RespondersOrder)
    @validate_response(LabResponders)
    async def set_responders(data: RespondersOrder) -> LabResponders:
        """Set how many responders this node runs, and their prefetch; those that go finish what they have, for a bounded time."""
        if lab.responders is None:
            raise NotFound("This node runs no responders.")
        lab.responders.fit(data.count, data.prefetch)
        return responders_of(lab.responders)


def _add_ledger(routes: Blueprint, services: Services, lab: Laboratory) -> None:
    @routes.get("/api/lab/ledger")
    @needs_operator(services)
    @document_response(LabLedger)
    async def show_ledger() -> Response:
        """Accepted, answered, open, lost, doubled and so on, counted by the checker over what this node has read."""
        counts = await lab.ledger.count()
        broken = counts.lost + counts.doubled + counts.out_of_order + counts.leaked + counts.broken
        ledger = LabLedger(**asdict(counts), green=not broken)
        return Response(ledger.model_dump_json(by_alias=True), content_type="application/json")


def responders_of(pool: ResponderPool) -> LabResponders:
    """They as the routes answer them."""
    workers = [LabWorker(worker=member.responder.worker, state=member.state, in_hand=member.responder.in_hand) for member in pool.members]
    return LabResponders(count=pool.count, prefetch=pool.prefetch, max_count=MOST_RESPONDERS, max_prefetch=MOST_PREFETCH, workers=workers)
