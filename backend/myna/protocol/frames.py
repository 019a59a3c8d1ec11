"""The websocket's own frames: models of what clients send, structs of what they get. Events, which they get too, are in events.py."""

from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import UNSET
from pydantic import Field, StringConstraints, TypeAdapter

from myna.protocol.event_fields import FRAME_LIMIT, TEXT_LIMIT, WAITING_LIMIT, ParentId, WireStruct, named
from myna.protocol.events import Event
from myna.protocol.field_types import Id, Options, Strict, Text

# --- client to server ---


class MessageSend(Strict):
    """A message; the first one creates its conversation. `id` is the idempotency key.

    It follows the message or reply `parent_id`; null begins a new branch at the root; left out, it follows the newest reply: the
    one to whatever was accepted last in the conversation before it (a message, or a request for one more reply), also where
    that failed or was stopped. It is decided when its turn has come. A parent may be one that waits or streams.
    """

    type: Literal["message.send"]
    id: Id
    conversation_id: Id
    text: Text
    parent_id: Id | None = Field(default_factory=lambda: None)  # no default: left out, it says something else than null
    options: Options | None = None

    @property
    def parent(self) -> ParentId:
        """What it follows; unset where that was left out."""
        return self.parent_id if "parent_id" in self.model_fields_set else UNSET


class ReplyStop(Strict):
    """Stop the reply to a message, whether it is being made or waits."""

    type: Literal["reply.stop"]
    conversation_id: Id
    message_id: Id


class ReplyRegenerate(Strict):
    """One more reply to the same message. `id` is the idempotency key."""

    type: Literal["reply.regenerate"]
    id: Id
    conversation_id: Id
    message_id: Id
    options: Options | None = None


class Ping(Strict):
    """Answered by `pong` with the same nonce."""

    type: Literal["ping"]
    nonce: Annotated[str, StringConstraints(max_length=128)] | int | None = None


ClientFrame: TypeAlias = MessageSend | ReplyStop | ReplyRegenerate | Ping
CLIENT_FRAMES: tuple[type[Strict], ...] = get_args(ClientFrame)
CLIENT_FRAME: TypeAdapter[ClientFrame] = TypeAdapter(Annotated[ClientFrame, Field(discriminator="type")])


# --- server to client, besides events ---


class Limits(WireStruct, frozen=True, omit_defaults=False):
    """The limits of what the server accepts, announced in `welcome`."""

    frame_bytes: int = FRAME_LIMIT
    text_chars: int = TEXT_LIMIT
    waiting_messages: int = WAITING_LIMIT


class Welcome(WireStruct, frozen=True, kw_only=True):
    """The first frame of every connection. `token` is set for a new owner only."""

    type: Literal["welcome"] = named("welcome")
    owner: str
    token: str | None = None
    epoch: str
    cursor: str
    resumed: bool
    heartbeat_s: int
    limits: Limits = msgspec.field(default_factory=Limits)


class MessageAccepted(WireStruct, frozen=True, kw_only=True):
    """To the sender only, after the broker's confirm: the message will be answered and stored."""

    type: Literal["message.accepted"] = named("message.accepted")
    id: str
    conversation_id: str
    duplicate: bool


class ErrorFrame(WireStruct, frozen=True, kw_only=True):
    """A refusal that keeps the socket open; `ref` is the `id` of the frame it answers, `request_id` finds it in the log."""

    type: Literal["error"] = named("error")
    code: str
    detail: str
    ref: str | None = None
    retry_after_s: float | None = None
    request_id: str | None = None


class Pong(WireStruct, frozen=True, kw_only=True):
    """The answer to `ping`."""

    type: Literal["pong"] = named("pong")
    nonce: str | int | None = None


class Draining(WireStruct, frozen=True, kw_only=True):
    """The server is about to restart; a close with 1012 follows."""

    type: Literal["server.draining"] = named("server.draining")
    reconnect_after_ms: int


def json_schema() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every frame of either side, by name: the source of the page's wire types and of the AsyncAPI document."""
    server = (Welcome, MessageAccepted, ErrorFrame, Pong, Draining, *Event.__args__)
    _, told = msgspec.json.schema_components(server, ref_template="#/$defs/{name}")
    return {"client": CLIENT_FRAME.json_schema()["$defs"], "server": dict(sorted(told.items()))}
