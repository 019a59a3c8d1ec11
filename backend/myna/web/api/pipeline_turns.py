"""GET /api/pipeline/turns: the open turns one by one, and where in the log everybody is, as this node has read it.

It is made of what the node holds anyway when somebody calls it, so it costs nothing otherwise.
"""

import secrets
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_response, validate_querystring

from myna.core.replies import OpenReply
from myna.lab.responder_pool import State
from myna.pipeline.log_span import LogSpan
from myna.pipeline.relay_metrics import LONGEST_S
from myna.protocol import timestamps
from myna.protocol.session import Session
from myna.web.api.models import Answer, absent
from myna.web.api.pipeline import PipelineRates, open_by_worker, rounded, stored_position
from myna.web.api.requests import Query
from myna.web.auth import COOKIE, token_of
from myna.web.operator import needs_operator
from myna.web.services import Services

MOST_TURNS = 500  # one by one, the oldest first; some 60 KB
Stage = Literal["waiting", "picked_up", "streaming"]


class TurnsQuery(Query):
    """Who looks."""

    cursor: Annotated[str | None, Field(description="the last cursor that a tab of this session saw: `tab` says where that is")] = None


class PipelineLog(Answer):
    """The log's life, and its first and last offset; null while it is empty or the broker away."""

    epoch: str
    first: int | None
    last: int | None


class RelayPosition(Answer):
    """How far a node has read the log."""

    node: str
    position: int
    live: bool
    lag_ms: int | None


class RecorderPosition(Answer):
    """How far the log is stored, by whichever node records; `active`: by this one."""

    active: bool
    position: int | None
    pending: int


class TabPosition(Answer):
    """Where a cursor is."""

    position: int


class PipelineResponder(Answer):
    """A responder and the replies it has begun; of this node's own (`here`) also what it is set to."""

    worker: str
    open: int
    here: bool
    prefetch: int | None
    state: State | None


class PipelineTurn(Answer):
    """An open turn, requested at this offset of the log. Only the caller's own have ids."""

    stage: Stage
    mine: bool
    offset: int
    age_ms: int
    worker: str | None
    attempt: int
    parts: int
    conversation_id: str | None = absent()
    message_id: str | None = absent()
    reply_id: str | None = absent()


class TurnRates(PipelineRates):
    """What this node read in the log a second, over the last `seconds`; null while it catches up."""

    seconds: int


class PipelineTurns(Answer):
    """The picture: open turns in the order of the log, the first 500 and `more`; `held` wait in this node and are not accepted yet."""

    at: str
    node: str
    log: PipelineLog
    relays: list[RelayPosition]
    recorder: RecorderPosition
    tab: TabPosition | None = absent()
    responders: list[PipelineResponder]
    held: int
    turns: list[PipelineTurn]
    more: int
    rates: TurnRates


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("pipeline_turns", __name__)
    node, span = f"node-{secrets.token_hex(2)}", LogSpan(services.broker, services.projection)

    @routes.get("/api/pipeline/turns")
    @needs_operator(services)
    @document_response(PipelineTurns)
    @validate_querystring(TurnsQuery)
    async def show_turns(query_args: TurnsQuery) -> Response:
        """Open turns, responders, and everybody's place in the log. A session beside the operator's access says which turns are mine."""
        picture = picture_of(services, node, caller_of(services), query_args.cursor, await span.ends())
        return Response(msgspec.json.encode(picture), content_type="application/json")

    return routes


def caller_of(services: Services) -> Session | None:
    """The session beside an operator's access, if there is one: a bearer token's, else the cookie's."""
    tokens = (token_of(request.headers, {}), request.cookies.get(COOKIE))
    return next((session for token in tokens if token and (session := services.sessions.read(token)) is not None), None)


def picture_of(services: Services, node: str, caller: Session | None, cursor: str | None, ends: tuple[int, int] | None) -> dict[str, Any]:
    """One look at this node: a `PipelineTurns`, as plain data, since validating 500 turns would hold up everybody for longer."""
    projection, recorder, relay = services.projection, services.recorder, services.relay
    replies, now_ms = projection.open_replies, timestamps.now_ms()
    owner = caller.owner if caller is not None else None
    position = projection.position(owner, cursor) if owner is not None and cursor is not None else None
    lag_ms = services.relay_metrics.lag_ms()
    return {
        "at": timestamps.written(now_ms),
        "node": node,
        "log": {"epoch": projection.epoch, "first": ends and ends[0], "last": ends and ends[1]},
        "relays": [{"node": node, "position": projection.reached.offset, "live": relay.live, "lag_ms": lag_ms}],
        "recorder": {"active": recorder.active, "position": stored_position(projection), "pending": projection.pending},
        **({"tab": {"position": position.offset}} if position is not None else {}),
        "responders": responders_of(services),
        "held": services.submissions.turns.waiting_count,
        "turns": [turn_of(reply, owner, now_ms) for reply in islice(replies.values(), MOST_TURNS)],
        "more": max(0, len(replies) - MOST_TURNS),
        "rates": {"seconds": LONGEST_S, **rounded(services.relay_metrics.per_s(LONGEST_S))},
    }


def turn_of(reply: OpenReply, owner: str | None, now_ms: int) -> dict[str, Any]:
    """An open turn as this owner may see it: a `PipelineTurn`."""
    job, stage = reply.job, "waiting" if reply.started_at is None else "streaming" if reply.parts else "picked_up"
    turn: dict[str, Any] = {
        "stage": stage, "mine": job.owner == owner, "offset": reply.opened.offset,
        "age_ms": max(0, now_ms - timestamps.milliseconds(job.at)), "worker": reply.worker, "attempt": reply.attempt,
        "parts": len(reply.parts),
    }  # fmt: skip
    if job.owner == owner:
        turn |= {"conversation_id": job.conversation_id, "message_id": job.message_id, "reply_id": job.reply_id}
    return turn


def responders_of(services: Services) -> list[dict[str, Any]]:
    """Those that have begun something, and this node's own: each a `PipelineResponder`."""
    begun = open_by_worker(services.projection)
    here, prefetch = states_of(services), prefetch_of(services)
    return [
        {
            "worker": worker, "open": begun[worker], "here": worker in here, "prefetch": prefetch if worker in here else None,
            "state": here.get(worker),
        }
        for worker in sorted({*begun, *here})
    ]  # fmt: skip


def states_of(services: Services) -> dict[str, State]:
    """This node's own responders by name."""
    if services.lab is not None and services.lab.responders is not None:
        return {member.responder.worker: member.state for member in services.lab.responders.members}
    own = services.responder
    return {} if own is None else {own.worker: "running" if own.consuming else "away"}


def prefetch_of(services: Services) -> int:
    """How many deliveries each of them may have in hand."""
    pool = services.lab.responders if services.lab is not None else None
    return services.settings.prefetch if pool is None else pool.prefetch
