"""Words: the one vocabulary of events, as typed structs, with encode and decode. No I/O.

A log line is one event as JSON: what only the pipeline needs (`owner`, `reply_id` of a new message, `options`) comes
first, and from `type` on the line is, to the byte, the frame that sockets get. So an event is encoded once, however
many sockets and nodes it passes.

A line is checked when it is read, by whatever hand it is. What is said here was checked at the edge (fields.py) already.
"""

import re
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from myna.protocol.ids import UUID_PATTERN
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable
from myna.protocol.timestamps import milliseconds

TEXT_LIMIT = 8_000  # characters of one message
FRAME_LIMIT = 64 * 1024  # bytes of one client frame
WAITING_LIMIT = 8  # messages that wait in one conversation


T = TypeVar("T")

_UUID_SCHEMA = {"pattern": UUID_PATTERN}
# An id as the edge lets it in: whatever its case was, it is in small letters here. `_check` looks at its form, at all of an event at once.
Id = Annotated[str, Meta(min_length=36, max_length=36, extra_json_schema=_UUID_SCHEMA)]
_IDS = re.compile(r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})+")
# An id in what only responders and nodes write: it comes from an order whose ids were checked, so its pattern is not checked again
# on every part (that was a third of what reading the log cost). Where it is unknown, the event does not count.
KnownId = Annotated[str, Meta(extra_json_schema=_UUID_SCHEMA)]
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LIMIT)]
Name = Annotated[str, Meta(max_length=64)]
FinishReason = Literal["stop", "length", "stopped"]


class Unreadable(ValueError):
    """A line that is no event."""


class WireStruct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What every struct here is: exact types, no field but its own, unchangeable; what is absent is not written.

    None refers to anything that could refer back to it, so the garbage collector need not look.
    """


def named(kind: T) -> T:
    """A `type`: it need not be given and is always written, which a plain default would not be."""
    default: T = msgspec.field(default_factory=lambda: kind)
    return default


class Options(WireStruct, frozen=True):
    """How a reply is to be made; all of it optional."""

    profile: Name | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    scenario: Name | None = None


# --- the fields above `type` stay inside the pipeline ---


class Timings(WireStruct, frozen=True, kw_only=True):
    """A reply's milliseconds: accepted → picked up, picked up → first part, accepted → end."""

    queued_ms: int
    first_part_ms: int | None = None
    total_ms: int


class MessageCreated(WireStruct, frozen=True, kw_only=True):
    """A message was accepted; also the work order for its reply."""

    owner: Id
    reply_id: Id
    options: Options | None = None
    type: Literal["message.created"] = named("message.created")
    at: str
    conversation_id: Id
    id: Id
    text: Text

    @property
    def message_id(self) -> str:
        return self.id


class ReplyRequested(WireStruct, frozen=True, kw_only=True):
    """One more reply to a message was accepted; the work order holds the message's text. Not shown to clients."""

    owner: Id
    reply_id: Id
    options: Options | None = None
    type: Literal["reply.requested"] = named("reply.requested")
    at: str
    conversation_id: Id
    id: Id
    message_id: Id
    text: Text


class StopRequested(WireStruct, frozen=True, kw_only=True):
    """If this reply is open at this place of the log, it ends here, with the parts seen so far. Not shown to clients."""

    owner: Id
    type: Literal["stop.requested"] = named("stop.requested")
    at: str
    conversation_id: Id
    reply_id: Id
    message_id: Id


class ReplyStarted(WireStruct, frozen=True, kw_only=True):
    """A responder took the work. `restarted`: the text begins anew at index 0 (a brain that can't continue)."""

    owner: KnownId
    type: Literal["reply.started"] = named("reply.started")
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    worker: str
    restarted: bool | None = None


class ReplyDelta(WireStruct, frozen=True, kw_only=True):
    """One part; `index` counts from 0 without a gap."""

    owner: KnownId
    type: Literal["reply.delta"] = named("reply.delta")
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    index: int
    text: str


class ReplyCompleted(WireStruct, frozen=True, kw_only=True):
    """The reply is whole (`stop`, `length`) or was stopped (`stopped`)."""

    owner: KnownId
    type: Literal["reply.completed"] = named("reply.completed")
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    parts: int
    text: str
    finish_reason: FinishReason
    timings: Timings


class ReplyFailed(WireStruct, frozen=True, kw_only=True):
    """There will be no (more) reply. `retryable`: asking again may help."""

    owner: KnownId
    type: Literal["reply.failed"] = named("reply.failed")
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    code: str
    detail: str
    retryable: bool


class ConversationUpdated(WireStruct, frozen=True, kw_only=True):
    """A conversation was renamed."""

    owner: Id
    type: Literal["conversation.updated"] = named("conversation.updated")
    at: str
    conversation_id: Id
    title: str


class ConversationDeleted(WireStruct, frozen=True, kw_only=True):
    """A conversation is gone, with everything in it."""

    owner: Id
    type: Literal["conversation.deleted"] = named("conversation.deleted")
    at: str
    conversation_id: Id


class LogMark(WireStruct, frozen=True, kw_only=True):
    """A reader's own mark: reading up to it proves having read all that was there before."""

    type: Literal["log.mark"] = named("log.mark")
    nonce: str


Job = MessageCreated | ReplyRequested
ReplyEnd = ReplyCompleted | ReplyFailed
OfReply = ReplyStarted | ReplyDelta | ReplyCompleted | ReplyFailed | StopRequested
Event = (
    MessageCreated
    | ReplyRequested
    | StopRequested
    | ReplyStarted
    | ReplyDelta
    | ReplyCompleted
    | ReplyFailed
    | ConversationUpdated
    | ConversationDeleted
)
LogLine = Event | LogMark
# What somebody asked for begins something, so its ids have to be ids and its `at` a moment: it is reckoned with.
Asked = MessageCreated | ReplyRequested | StopRequested | ConversationUpdated | ConversationDeleted


class Position(NamedTuple):
    """A place in the log: the record's offset and the line within it. Ordered as the log is."""

    offset: int
    line: int


BEGINNING = Position(-1, 0)  # before the first record
NOTHING = Position(-2, 0)  # before even what was carried over from an earlier log, which stands at BEGINNING


# --- encode / decode ------------------------------------------------------------------------------------------------


_ENCODER = msgspec.json.Encoder()


class _Typed(msgspec.Struct):
    type: str


def _decoders(*kinds: type[WireStruct]) -> dict[str, msgspec.json.Decoder[Any]]:
    return {kind.__annotations__["type"].__args__[0]: msgspec.json.Decoder(kind) for kind in kinds}


# A line is read twice: for its type, wherever that stands in it, and then as what it is.
_TYPED = msgspec.json.Decoder(_Typed)
_LINES = _decoders(*LogLine.__args__)
_WORKS = _decoders(*Job.__args__)
_IDS_OF = {kind: attrgetter(*(name for name, hint in kind.__annotations__.items() if hint == Id)) for kind in Asked.__args__}


def encode(word: WireStruct) -> bytes:
    """One struct as one line of JSON, without absent fields."""
    return _ENCODER.encode(word)


def read_line(line: bytes) -> LogLine:
    """A line of the log, by whatever hand. Raises `Unreadable`."""
    event: LogLine = _read(line, _LINES)
    return event


def read_job(line: bytes) -> Job:
    """A work order, by whatever hand. Raises `Unreadable`."""
    job: Job = _read(line, _WORKS)
    return job


def _read(line: bytes, decoders: dict[str, msgspec.json.Decoder[Any]]) -> Any:
    try:
        event = decoders[_TYPED.decode(line).type].decode(line)
        if ids := _IDS_OF.get(type(event)):
            _check(event, "".join(ids(event)))
    except (ValueError, KeyError, OverflowError, RecursionError):
        raise Unreadable("This is no event.") from None
    return event


def _check(event: Asked, ids: str) -> None:
    """What the fields' types don't say. Raises `ValueError` or `OverflowError`."""
    if not _IDS.fullmatch(ids):
        raise ValueError("an id is no UUID")
    milliseconds(event.at)
    if isinstance(event, (MessageCreated, ReplyRequested)) and (event.text.isspace() or not is_storable(event.text)):
        raise ValueError(f"text takes more than blanks, and no {REFUSED_CHARACTERS}")


def frame(line: bytes, cursor: str) -> bytes:
    """The socket frame of a log line that `encode` made: what stands from `type` on, plus its cursor.

    A raw `"type":"` can't stand inside a JSON string (its quotes would be escaped), so the first one is the key.
    """
    return b'{%b,"cursor":"%b"}' % (line[line.index(b'"type":"') : -1], cursor.encode())
