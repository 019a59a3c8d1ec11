"""Words: every HTTP operation as plain data — who may ask, what it takes, what it answers. No I/O; the documents are made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from myna.protocol.errors import Behind, Busy, ChatError, Conflict, InvalidFrame, InvalidText, NotFound, TooLarge
from myna.web.api.conversation_file import ITEMS_LIMIT, ExportedConversation
from myna.web.api.conversations import Rename
from myna.web.api.export import FORMATS
from myna.web.api.messages import NewMessage
from myna.web.api.requests import PAGE_LIMIT
from myna.web.api.search import QUERY_LIMIT
from myna.web.openai.schema import CompletionRequest, Fault, NoSuchModel
from myna.web.openapi import models as a
from myna.web.server.hypercorn_patches import IMPORT_LIMIT

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One way an operation ends: what it means, and in which words (`model`) or media types."""

    about: str
    model: type[BaseModel] | None = None
    media: Sequence[str] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route. `who`: an owner by cookie or token, anyone with any key, or anyone."""

    method: str
    path: str
    about: str
    answers: Mapping[int, Answer]
    who: Literal["owner", "key", "anyone"] = "owner"
    query: Mapping[str, Schema] = field(default_factory=dict)
    needed: Sequence[str] = ()  # of the query
    body: type[BaseModel] | None = None
    refusals: Sequence[type[ChatError]] = ()


_BEFORE = {"type": "string", "description": "the `next` of an earlier page"}
_AT_LEAST = {"type": "string", "description": "a cursor: answer with a state that includes everything up to it"}
_FORMAT = {"type": "string", "enum": list(FORMATS), "description": "what the file is to be"}
_QUERY = {
    "type": "string",
    "minLength": 1,
    "maxLength": QUERY_LIMIT,
    "description": 'words (the last may be a beginning), "a phrase", -without',
}
_STREAM = ("application/json", "text/event-stream")
_CONVERSATION = "/api/conversations/{conversation_id}"


def _limit(default: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": default, "description": "items on a page"}


OPERATIONS: Sequence[Operation] = (
    Operation(
        "POST",
        "/api/session",
        "An owner for whoever has none; a valid cookie or token keeps its owner.",
        {200: Answer("The same owner.", a.Session), 201: Answer("A fresh owner, also set as cookie.", a.Session)},
        who="anyone",
    ),
    Operation(
        "POST",
        "/api/messages",
        "Say something: the same way in as `message.send`. Ids are made where they are missing.",
        {202: Answer("After the broker's confirm.", a.Accepted)},
        body=NewMessage,
        refusals=(InvalidFrame, InvalidText, TooLarge, NotFound, Conflict, Busy),
    ),
    Operation(
        "GET",
        "/api/conversations",
        "The owner's conversations, newest activity first.",
        {200: Answer("A page of them.", a.Conversations)},
        query={"limit": _limit(50), "before": _BEFORE, "at_least": _AT_LEAST},
        refusals=(InvalidFrame, Behind),
    ),
    Operation(
        "GET",
        f"{_CONVERSATION}/messages",
        "A conversation's newest page, oldest first in it: each message followed by its replies.",
        {200: Answer("The page, and the cursor to go on from by socket.", a.Messages)},
        query={"limit": _limit(50), "before": _BEFORE, "at_least": _AT_LEAST},
        refusals=(InvalidFrame, NotFound, Behind),
    ),
    Operation(
        "PATCH",
        _CONVERSATION,
        "Rename a conversation; sockets hear `conversation.updated`.",
        {200: Answer("Renamed.", a.Renamed)},
        body=Rename,
        refusals=(InvalidFrame, InvalidText, TooLarge, NotFound, Busy, Behind),
    ),
    Operation(
        "DELETE",
        _CONVERSATION,
        "Delete a conversation with everything in it; what runs is stopped, sockets hear `conversation.deleted`.",
        {204: Answer("Gone.", media=())},
        refusals=(NotFound, Busy, Behind),
    ),
    Operation(
        "GET",
        f"{_CONVERSATION}/export",
        "A whole conversation as a file named after its title.",
        {200: Answer("A download.", a.Export, ("application/json", "text/markdown"))},
        query={"format": _FORMAT},
        needed=("format",),
        refusals=(InvalidFrame, NotFound, Behind),
    ),
    Operation(
        "PUT",
        _CONVERSATION,
        f"Import an exported conversation under a new id: at most {IMPORT_LIMIT // 1024**2} MiB and {ITEMS_LIMIT:,} messages and replies. "
        "It is as if it had been said now: ids and moments are new, versions of replies come along, each as one part. A message without "
        "a reply comes back with a failed one, to be tried again. The same body under the same id again changes nothing, or completes "
        "what was interrupted; another body is a `conflict`.",
        {201: Answer("All of it is in the log, and sockets have heard of it.", a.Imported)},
        body=ExportedConversation,
        refusals=(InvalidFrame, InvalidText, TooLarge, Conflict, Busy, Behind),
    ),
    Operation(
        "GET",
        "/api/search",
        "Full text over everything said, newest first. Matches stand between `<mark>` and `</mark>`; the rest is as it was written.",
        {200: Answer("A page of hits.", a.Hits)},
        query={"q": _QUERY, "limit": _limit(20), "before": _BEFORE},
        needed=("q",),
        refusals=(InvalidFrame, Behind),
    ),
    Operation(
        "GET",
        "/api/line",
        "Where the owner's accepted messages stand whose replies nobody has begun. It asks this node only and costs little; a place is "
        "half a second old at most.",
        {200: Answer("All of them; none while this node still reads the log.", a.Line)},
    ),
    Operation(
        "GET",
        "/api/pipeline",
        "The route as this node and the broker see it.",
        {200: Answer("Queues, relay, recorder, store, turns, responders, rates.", a.Pipeline)},
    ),
    Operation(
        "GET",
        "/v1/models",
        "OpenAI's dialect: one model for each profile of the mock.",
        {200: Answer("All of them.", a.Models)},
        who="key",
    ),
    Operation(
        "GET",
        "/v1/models/{model}",
        "OpenAI's dialect: one of the models.",
        {200: Answer("The model.", a.Model)},
        who="key",
        refusals=(NoSuchModel,),
    ),
    Operation(
        "POST",
        "/v1/chat/completions",
        "OpenAI's dialect: the last user message is answered, whole or as a stream. Sampling, tools, `stop` and "
        "`max_tokens` are ignored; hanging up stops the reply.",
        {200: Answer("The reply.", a.Completion, _STREAM), 422: Answer("The reply failed for good.", a.DialectError)},
        who="key",
        body=CompletionRequest,
        refusals=(Fault, InvalidText, NoSuchModel, NotFound, Conflict, TooLarge, Busy, Behind),
    ),
    Operation("GET", "/livez", "Whether the process lives; asks nobody.", {200: Answer("It does.", a.Alive)}, who="anyone"),
    Operation(
        "GET",
        "/readyz",
        "Whether the node can serve.",
        {200: Answer("It can.", a.Readiness), 503: Answer("It can't, and why.", a.Readiness)},
        who="anyone",
    ),
    Operation("GET", "/metrics", "This node's numbers for Prometheus.", {200: Answer("Text.", media=("text/plain",))}, who="anyone"),
    Operation("GET", "/docs", "This interface, readable.", {200: Answer("A page.", media=("text/html",))}, who="anyone"),
    Operation("GET", "/openapi.json", "The HTTP routes as OpenAPI 3.1.", {200: Answer("The document.")}, who="anyone"),
    Operation("GET", "/asyncapi.json", "The socket as AsyncAPI 3.0.", {200: Answer("The document.")}, who="anyone"),
)
