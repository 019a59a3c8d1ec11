"""The events of the log as typed structs.

What only the pipeline needs (`owner`, `options`, a message's `reply_id`) stands first; the fields from `type` on are
the frame that sockets get. log_codec.py writes and reads them.
"""

from typing import Annotated, Literal, NamedTuple

from msgspec import UNSET, Meta

from myna.protocol.event_fields import (
    Count,
    FinishReason,
    Id,
    KnownId,
    Milliseconds,
    Name,
    ParentId,
    Text,
    Timestamp,
    WireStruct,
    named,
)


class Options(WireStruct, frozen=True):
    """How a reply is to be made, as its client said it; all of it optional."""

    profile: Name | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    scenario: Name | None = None


class Timings(WireStruct, frozen=True, kw_only=True):
    """A reply's milliseconds: accepted → picked up, picked up → first part, accepted → end."""

    queued_ms: Milliseconds
    first_part_ms: Milliseconds | None = None
    total_ms: Milliseconds


# In the events below, the fields above `type` stay inside the pipeline.


class MessageCreated(WireStruct, frozen=True, kw_only=True):
    """A message was accepted. Where `parent_id` is left out, it follows the newest reply of the conversation."""

    owner: Id
    reply_id: Id
    turn: Count | None = None  # how many messages lead here from the root, with this one
    type: Literal["message.created"] = named("message.created")
    at: Timestamp
    conversation_id: Id
    id: Id
    text: Text
    parent_id: ParentId = UNSET
    options: Options | None = None

    @property
    def message_id(self) -> str:
        return self.id


class ReplyRequested(WireStruct, frozen=True, kw_only=True):
    """One more reply to a message was requested. Not shown to clients."""

    owner: Id
    reply_id: Id
    turn: Count | None = None  # of its message
    options: Options | None = None
    type: Literal["reply.requested"] = named("reply.requested")
    at: Timestamp
    conversation_id: Id
    id: Id
    message_id: Id
    text: Text


class StopRequested(WireStruct, frozen=True, kw_only=True):
    """A reply that is open at this position of the log ends here, with the parts seen so far. Not shown to clients."""

    owner: Id
    type: Literal["stop.requested"] = named("stop.requested")
    at: Timestamp
    conversation_id: Id
    reply_id: Id
    message_id: Id


class Call(WireStruct, frozen=True):
    """What a client of /v1 named: the model, and of its headers those that tell of the client and hold no secret."""

    model: str
    headers: dict[str, str]


class ReplyStarted(WireStruct, frozen=True, kw_only=True):
    """A responder began to answer. `restarted`: the text begins anew at index 0 (a brain that can't continue).

    `options` are those of this reply, as its request said them; `call` is only there where that came over /v1.
    """

    owner: KnownId
    type: Literal["reply.started"] = named("reply.started")
    at: Timestamp
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: Count
    worker: str
    restarted: bool | None = None
    options: Options | None = None
    call: Call | None = None


class ReplyDelta(WireStruct, frozen=True, kw_only=True):
    """One part; `index` counts from 0 without a gap."""

    owner: KnownId
    type: Literal["reply.delta"] = named("reply.delta")
    at: Timestamp
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: Count
    index: Count
    text: str


class ReplyCompleted(WireStruct, frozen=True, kw_only=True):
    """The reply is whole (`stop`, `length`) or was stopped (`stopped`)."""

    owner: KnownId
    type: Literal["reply.completed"] = named("reply.completed")
    at: Timestamp
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: Count
    parts: Count
    text: str
    finish_reason: FinishReason
    timings: Timings
    rule: Name | None = None  # what the brain followed: a rule, a command, a scenario


class ReplyFailed(WireStruct, frozen=True, kw_only=True):
    """The reply ended without an answer. `retryable`: sending the message again may help, after `retry_after_s`."""

    owner: KnownId
    type: Literal["reply.failed"] = named("reply.failed")
    at: Timestamp
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: Count
    code: str
    detail: str
    retryable: bool
    status: Count | None = None  # the HTTP status that the brain wants for it
    retry_after_s: float | None = None  # what the brain wants a client to wait
    rule: Name | None = None  # what the brain followed: a rule, a command, a scenario
    timings: Timings | None = None


class ConversationUpdated(WireStruct, frozen=True, kw_only=True):
    """A conversation was renamed."""

    owner: Id
    type: Literal["conversation.updated"] = named("conversation.updated")
    at: Timestamp
    conversation_id: Id
    title: str


class ConversationDeleted(WireStruct, frozen=True, kw_only=True):
    """A conversation was deleted, with everything in it."""

    owner: Id
    type: Literal["conversation.deleted"] = named("conversation.deleted")
    at: Timestamp
    conversation_id: Id


class SessionEnded(WireStruct, frozen=True, kw_only=True):
    """An owner was forgotten: their sockets are closed and their tokens not taken any more. Not shown to clients."""

    owner: Id
    type: Literal["session.ended"] = named("session.ended")
    at: Timestamp


class MockSetupChanged(WireStruct, frozen=True, kw_only=True):
    """An owner set the rules of the mock AI for its own messages, or queued failures. Not shown to clients."""

    owner: Id
    type: Literal["mock_setup.changed"] = named("mock_setup.changed")
    at: Timestamp
    rules: str | None = None  # a scenario file as JSON; None: there are none any more
    failures: bool = False  # whether failures may be queued


class LogMark(WireStruct, frozen=True, kw_only=True):
    """A mark that a reader puts into the log: once it comes back, everything written before it has been read."""

    type: Literal["log.mark"] = named("log.mark")
    nonce: str


Job = MessageCreated | ReplyRequested
ReplyEnd = ReplyCompleted | ReplyFailed
ReplyEvent = ReplyStarted | ReplyDelta | ReplyCompleted | ReplyFailed | StopRequested
Event = MessageCreated | ReplyRequested | ReplyEvent | ConversationUpdated | ConversationDeleted
LogLine = Event | SessionEnded | MockSetupChanged | LogMark
# What begins something, so that its ids have to be UUIDs.
Request = MessageCreated | ReplyRequested | StopRequested | ConversationUpdated | ConversationDeleted | SessionEnded | MockSetupChanged


class Position(NamedTuple):
    """A place in the log: the record's offset and the number of the line in it, from 0. Ordered as the log is."""

    offset: int
    line: int


BEGINNING = Position(-1, 0)  # before the first record; also of what an earlier log held and is not stored
NOTHING = Position(-2, 0)  # before that; also of what an earlier log held and is stored
