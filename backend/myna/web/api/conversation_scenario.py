"""GET /api/conversations/{id}/scenario: a conversation as a scenario file that plays it again, with its timing.

What this node remembers of the log has every part with its moment; of an older reply the database knows the text, and the
time to its first part.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from quart import Blueprint, Response

from myna.mock_ai.scenario_fields import MAX_WAIT_S
from myna.protocol.errors import TooLarge
from myna.protocol.session import Session
from myna.protocol.timestamps import milliseconds
from myna.protocol.views import MessageView
from myna.slices import in_thread
from myna.web.api.conversation_export import disposition
from myna.web.api.requests import id_of, needs_session
from myna.web.openapi.annotations import answers, raises
from myna.web.request_costs import hold_texts
from myna.web.services import Services

TEXTS = 200_000  # characters of a conversation that is written: some 2 s of a thread
PARTS = 4_000  # of one reply, as a scenario file takes them


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("conversation_scenario", __name__)

    @routes.get("/api/conversations/<conversation_id>/scenario")
    @raises(TooLarge)
    @answers(200, "A scenario file, named after the conversation's title.", "application/yaml")
    @needs_session(services)
    async def show_scenario(session: Session, conversation_id: str) -> Response:
        """The conversation as a scenario file: one rule for each message, with its newest reply as it was paced."""
        conversation = await services.queries.conversation(session, id_of(conversation_id, "conversation"))
        messages = await services.queries.whole_conversation(session, conversation.id, hold_texts)
        if sum(len(view.text) for view in messages) > TEXTS:
            raise TooLarge(f"A scenario file is made of conversations of at most {TEXTS:,} characters.")
        body = await in_thread(scenario_file, messages, services.projection.frames(session.owner))
        response = Response(body, content_type="application/yaml")
        response.headers["Content-Disposition"] = disposition(conversation.title, "yaml")
        return response

    return routes


def scenario_file(messages: Sequence[MessageView], frames: Iterable[bytes]) -> str:
    """The conversation as YAML, with the parts that these frames of its owner tell of. Takes seconds for a long one."""
    file = {"version": 1, "rules": rules(messages, recordings(frames))}
    return yaml.safe_dump(file, allow_unicode=True, sort_keys=False, width=120)


def recordings(frames: Iterable[bytes]) -> dict[str, list[dict[str, Any]]]:
    """The parts of each reply in these frames, by its id, each with its wait in seconds."""
    found: dict[str, list[dict[str, Any]]] = {}
    last: dict[str, int] = {}
    for text in frames:
        if b'"type":"reply.started"' not in text and b'"type":"reply.delta"' not in text:
            continue
        frame = json.loads(text)
        reply_id, at = frame["reply_id"], milliseconds(frame["at"])
        if frame["type"] == "reply.delta":
            wait_s = min(MAX_WAIT_S, max(0, at - last.get(reply_id, at)) / 1000)
            found.setdefault(reply_id, []).append({"text": frame["text"], "after_s": wait_s})
        last[reply_id] = at
    return found


def rules(messages: Sequence[MessageView], recorded: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One rule for each message that was answered."""
    newest = {view.message_id: view for view in messages if view.role == "assistant" and view.status != "streaming"}
    found = []
    for turn, message in enumerate((view for view in messages if view.role == "user"), start=1):
        if message.id in newest:
            match = {"exact": message.text, "turn": turn}
            found.append({"match": match, "reply": _reply(newest[message.id], recorded.get(newest[message.id].id, []))})
    return found


def _reply(reply: MessageView, recorded: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if reply.text:
        whole = recorded if len(recorded) <= PARTS and "".join(part["text"] for part in recorded) == reply.text else None
        first_s = (reply.timings.first_part_ms or 0) / 1000 if reply.timings else 0.0
        parts = whole or [{"text": reply.text, "after_s": min(MAX_WAIT_S, first_s)}]
        made["parts"] = [{**part, "text": part["text"].replace("${", "$${")} for part in parts]
    if reply.error is not None:
        made["fail"] = {"code": reply.error.code, "detail": reply.error.detail, "retryable": reply.error.retryable}
    elif reply.finish_reason == "length":
        made["finish_reason"] = "length"
    return made or {"fail": "refused"}  # somebody stopped it before it said anything
