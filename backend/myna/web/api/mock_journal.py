"""GET /api/mock/journal: what an owner's recent messages were, which rule each followed and what it was answered with.

It is read out of the log's recent past, which every node remembers, so that it is the same on each and needs no memory of
its own.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field
from quart import Blueprint
from quart_schema import validate_querystring, validate_response

from myna.protocol.session import Session
from myna.slices import sliced
from myna.web.api.models import Answer, ReplyError, Timings
from myna.web.api.requests import Query, needs_key_or_session
from myna.web.services import Services

ENTRIES = 200  # at most, in one answer
FRAMES = 32  # that are looked at between two looks at the clock


class JournalQuery(Query):
    """How much of it."""

    limit: Annotated[int, Field(ge=1, le=ENTRIES, description="so many of the newest replies")] = 50


class JournalEntry(Answer):
    """One reply: what was sent, what was followed, what came of it."""

    id: Annotated[str, Field(description="the reply's")]
    message_id: str
    conversation_id: str
    at: str
    text: Annotated[str, Field(description="the message")]
    options: Annotated[dict[str, Any], Field(description="profile, seed and scenario, as sent")]
    model: Annotated[str | None, Field(description="as a client of /v1 named it; null: it came otherwise")]
    headers: Annotated[dict[str, str], Field(description="of a client of /v1: user-agent and x-stainless-…")]
    status: Literal["streaming", "complete", "stopped", "failed"]
    rule: Annotated[str | None, Field(description="the rule, command or scenario that was followed; null: the mock's own prose")]
    reply: str | None
    finish_reason: str | None
    error: ReplyError | None
    timings: Timings | None


class Journal(Answer):
    """The newest replies, the newest last."""

    items: list[JournalEntry]


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("mock_journal", __name__)

    @routes.get("/api/mock/journal")
    @needs_key_or_session(services)
    @validate_querystring(JournalQuery)
    @validate_response(Journal)
    async def show_mock_journal(session: Session, query_args: JournalQuery) -> Journal:
        """The newest replies to this key's owner, each with its message and the rule that it followed."""
        found = await entries(services.projection.frames(session.owner))
        return Journal(items=found[-query_args.limit :])

    return routes


async def entries(frames: Iterable[bytes]) -> list[JournalEntry]:
    """The replies in these frames, in the order in which they were begun. One whose message is not among them is left out."""
    messages: dict[str, dict[str, Any]] = {}
    replies: dict[str, JournalEntry] = {}
    async with sliced() as pause:
        for number, text in enumerate(frames):
            if number % FRAMES == 0:
                await pause()
            if b'"type":"reply.delta"' not in text:
                _add(json.loads(text), messages, replies)
    return list(replies.values())


def _add(frame: dict[str, Any], messages: dict[str, dict[str, Any]], replies: dict[str, JournalEntry]) -> None:
    match frame["type"]:
        case "message.created":
            messages[frame["id"]] = frame
        case "reply.started" if frame["message_id"] in messages and frame["reply_id"] not in replies:
            replies[frame["reply_id"]] = _begun(frame, messages[frame["message_id"]])
        case "reply.completed" | "reply.failed" if frame["reply_id"] in replies:
            _end(replies[frame["reply_id"]], frame)
        case _:
            pass


def _begun(frame: dict[str, Any], message: dict[str, Any]) -> JournalEntry:
    call = frame.get("call") or {"model": None, "headers": {}}
    return JournalEntry(
        id=frame["reply_id"], message_id=message["id"], conversation_id=message["conversation_id"], at=message["at"],
        text=message["text"], options=frame.get("options") or {}, model=call["model"], headers=call["headers"],
        status="streaming", rule=None, reply=None, finish_reason=None, error=None, timings=None,
    )  # fmt: skip


def _end(entry: JournalEntry, frame: dict[str, Any]) -> None:
    entry.rule = frame.get("rule")
    entry.timings = Timings.model_validate(frame["timings"]) if "timings" in frame else None
    if frame["type"] == "reply.failed":
        entry.status = "failed"
        entry.error = ReplyError(code=frame["code"], detail=frame["detail"], retryable=frame["retryable"])
        return
    entry.status = "stopped" if frame["finish_reason"] == "stopped" else "complete"
    entry.reply, entry.finish_reason = frame["text"], frame["finish_reason"]
