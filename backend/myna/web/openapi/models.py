"""Words: what HTTP answers look like, as models for the documents; a test holds real answers against them. No I/O."""

from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

from myna.broker.port import QueueState
from myna.protocol import events as e
from myna.protocol import views
from myna.protocol.views import ConversationView, MessageView, SearchHit


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _model(
    name: str, struct: type[e.WireStruct], hints: dict[str, Any], *hidden: str, about: str | None = None, **always: Any
) -> type[BaseModel]:
    shown: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.required else one.default)
        for one in msgspec.structs.fields(struct)
        if one.name not in hidden
    }
    shown |= {one: (hint, ...) for one, hint in always.items()}
    return create_model(name, __base__=_Answer, __doc__=about or struct.__doc__, **shown)


Timings = _model("Timings", e.Timings, get_type_hints(e.Timings))
ReplyError = _model("ReplyError", views.ReplyError, get_type_hints(views.ReplyError))


def _shown(name: str, view: type[e.WireStruct], *hidden: str, about: str | None = None, **always: Any) -> type[BaseModel]:
    """A view as it is answered: without what is hidden, and with what is always there of this kind of it."""
    hints = {**get_type_hints(view), "timings": Timings | None, "error": ReplyError | None}
    return _model(name, view, hints, *hidden, about=about, **always)


_OF_REPLIES = ("message_id", "attempt", "parts", "finish_reason", "timings", "worker", "error")

Conversation = _shown("Conversation", ConversationView, "owner")
Said = _shown("Said", MessageView, "owner", "conversation_id", *_OF_REPLIES, about="What a person said.", role=Literal["user"])
Reply = _shown(
    "Reply", MessageView, "owner", "conversation_id", about="A reply to the message `message_id`.",
    role=Literal["assistant"], message_id=str, attempt=int, parts=int,
)  # fmt: skip
Message = Annotated[Said | Reply, Field(discriminator="role")]  # type: ignore[valid-type]
Hit = _shown("Hit", SearchHit)
_queue: dict[str, Any] = {name: (hint, ...) for name, hint in get_type_hints(QueueState).items()}
Queue = create_model("Queue", __base__=_Answer, __doc__=QueueState.__doc__, **_queue)


class Session(_Answer):
    """An owner and the token that proves it."""

    owner: str
    token: str


class Accepted(_Answer):
    """The promise that a message will be answered and stored."""

    id: str
    conversation_id: str
    duplicate: bool


class Renamed(_Answer):
    """The new title."""

    id: str
    title: str


class Conversations(_Answer):
    """A page of the list; `next` is the `before` of the page after it, null at the end."""

    items: list[Conversation]  # type: ignore[valid-type]
    next: str | None


class Messages(_Answer):
    """A page of a conversation, complete up to `cursor`."""

    items: list[Message]
    next: str | None
    cursor: str


class Hits(_Answer):
    """A page of hits."""

    items: list[Hit]  # type: ignore[valid-type]
    next: str | None


class Export(_Answer):
    """A conversation as a file."""

    schema_: Literal["myna.conversation/1"] = Field(alias="schema")
    exported_at: str
    conversation: dict[str, str]
    messages: list[Message]


class Imported(_Answer):
    """The conversation that came back, with so many messages and replies; `cursor` reads it whole on any node."""

    id: str
    title: str
    messages: int
    cursor: str


class InLine(_Answer):
    """A message whose reply nobody has begun; `place` 1 is next."""

    conversation_id: str
    message_id: str
    place: int


class Line(_Answer):
    """What waits of this owner, first to last."""

    items: list[InLine]
    next: None


class Pipeline(_Answer):
    """The route in numbers; null is unknown."""

    class Broker(_Answer):
        kind: Literal["rabbitmq", "embedded"]
        up: bool
        management_url: str | None
        vhost: str | None
        queues: list[Queue]

    class Relay(_Answer):
        live: bool
        position: int
        lag_ms: int | None

    class Recorder(_Answer):
        active: bool
        stored_position: int | None
        pending: int

    class Store(_Answer):
        up: bool

    class Worker(_Answer):
        worker: str
        open: int

    class Rates(_Answer):
        messages_per_s: float | None
        events_per_s: float | None
        deltas_per_s: float | None

    broker: Broker
    relay: Relay
    recorder: Recorder
    store: Store
    sockets: int
    open_turns: int
    waiting_turns: int
    responders: list[Worker]
    rates: Rates


class Alive(_Answer):
    """The process lives."""

    status: Literal["alive"]


class Readiness(_Answer):
    """Whether the node can serve; each check is `ok`, or says what is missing."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


class Problem(_Answer):
    """A refusal (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str
    detail: str


class Model(_Answer):
    """A profile of the mock, as OpenAI's dialect has models."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(_Answer):
    """All of them."""

    object: Literal["list"]
    data: list[Model]


class Usage(_Answer):
    """Words and signs, counted over the message that was answered and its reply."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(_Answer):
    """A reply in OpenAI's dialect. As a stream it comes in `chat.completion.chunk` events and ends with `data: [DONE]`."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: Usage


class DialectError(_Answer):
    """A refusal in OpenAI's dialect, as an answer's body or as the last event of a stream; `code` may be one of `reply.failed`."""

    class Detail(_Answer):
        message: str
        type: str
        param: str | None
        code: str

    error: Detail
