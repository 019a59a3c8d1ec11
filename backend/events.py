"""Words: the one vocabulary of events, as typed models, with encode and decode. No I/O.

A log line is one event as JSON: what only the pipeline needs (`owner`, `reply_id` of a new message, `options`) comes
first, and from `type` on the line is, to the byte, the frame that sockets get. So an event is encoded once, however
many sockets and nodes it passes.
"""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, WithJsonSchema

TEXT_LIMIT = 8_000  # characters of one message
FRAME_LIMIT = 64 * 1024  # bytes of one client frame
WAITING_LIMIT = 8  # messages that wait in one conversation
TITLE_LIMIT = 60  # characters of a title made from a first message
NAME_LIMIT = 200  # characters of a title that a person chose

UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
REPLY_NAMESPACE = UUID("6d796e61-0000-5000-8000-7265706c7900")
_REPLY_SPACE = REPLY_NAMESPACE.bytes
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _storable(text: str) -> str:
    # NUL is legal JSON and fatal to a Postgres text column; a lone surrogate has no UTF-8 form at all.
    if _UNSTORABLE.search(text):
        raise ValueError("text may not hold NUL or lone surrogates")
    if not text.strip():
        raise ValueError("text may not be empty")
    return text


def _title(text: str) -> str:
    title = one_line(text)
    if not title:
        raise ValueError("title may not be empty")
    return title


def _moment(at: str) -> str:
    milliseconds(at)
    return at


Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
# When something was asked for: it is reckoned with, so it has to be a moment.
Asked = Annotated[str, AfterValidator(_moment)]
# An id in what only responders and nodes write: it comes from an order whose ids were checked, so its pattern is not checked again
# on every part (that was a third of what reading the log cost). Where it is unknown, the event does not count.
KnownId = Annotated[str, WithJsonSchema({"type": "string", "pattern": UUID_PATTERN})]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT), AfterValidator(_storable)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NAME_LIMIT), AfterValidator(_storable), AfterValidator(_title)]
FinishReason = Literal["stop", "length", "stopped"]


class Strict(BaseModel):
    """What every model here is: exact types, no field but its own, unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Options(Strict):
    """How a reply is to be made; all of it optional."""

    profile: Annotated[str, StringConstraints(max_length=64)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    scenario: Annotated[str, StringConstraints(max_length=64)] | None = None


# --- the fields above `type` stay inside the pipeline ---


class Timings(Strict):
    """A reply's milliseconds: accepted → picked up, picked up → first part, accepted → end."""

    queued_ms: int
    first_part_ms: int | None = None
    total_ms: int


class MessageCreated(Strict):
    """A message was accepted; also the work order for its reply."""

    owner: Id
    reply_id: Id
    options: Options | None = None
    type: Literal["message.created"] = "message.created"
    at: Asked
    conversation_id: Id
    id: Id
    text: Text

    @property
    def message_id(self) -> str:
        return self.id


class ReplyRequested(Strict):
    """One more reply to a message was accepted; the work order holds the message's text. Not shown to clients."""

    owner: Id
    reply_id: Id
    options: Options | None = None
    type: Literal["reply.requested"] = "reply.requested"
    at: Asked
    conversation_id: Id
    id: Id
    message_id: Id
    text: Text


class StopRequested(Strict):
    """If this reply is open at this place of the log, it ends here, with the parts seen so far. Not shown to clients."""

    owner: Id
    type: Literal["stop.requested"] = "stop.requested"
    at: Asked
    conversation_id: Id
    reply_id: Id
    message_id: Id


class ReplyStarted(Strict):
    """A responder took the work. `restarted`: the text begins anew at index 0 (a brain that can't continue)."""

    owner: KnownId
    type: Literal["reply.started"] = "reply.started"
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    worker: str
    restarted: bool | None = None


class ReplyDelta(Strict):
    """One part; `index` counts from 0 without a gap."""

    owner: KnownId
    type: Literal["reply.delta"] = "reply.delta"
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    index: int
    text: str


class ReplyCompleted(Strict):
    """The reply is whole (`stop`, `length`) or was stopped (`stopped`)."""

    owner: KnownId
    type: Literal["reply.completed"] = "reply.completed"
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    parts: int
    text: str
    finish_reason: FinishReason
    timings: Timings


class ReplyFailed(Strict):
    """There will be no (more) reply. `retryable`: asking again may help."""

    owner: KnownId
    type: Literal["reply.failed"] = "reply.failed"
    at: str
    conversation_id: KnownId
    reply_id: KnownId
    message_id: KnownId
    attempt: int
    code: str
    detail: str
    retryable: bool


class ConversationUpdated(Strict):
    """A conversation was renamed."""

    owner: Id
    type: Literal["conversation.updated"] = "conversation.updated"
    at: Asked
    conversation_id: Id
    title: str


class ConversationDeleted(Strict):
    """A conversation is gone, with everything in it."""

    owner: Id
    type: Literal["conversation.deleted"] = "conversation.deleted"
    at: Asked
    conversation_id: Id


class LogMark(Strict):
    """A reader's own mark: reading up to it proves having read all that was there before."""

    type: Literal["log.mark"] = "log.mark"
    nonce: str


Work = MessageCreated | ReplyRequested
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
LOG_LINE: TypeAdapter[LogLine] = TypeAdapter(Annotated[LogLine, Field(discriminator="type")])
WORK: TypeAdapter[Work] = TypeAdapter(Annotated[Work, Field(discriminator="type")])


class Position(NamedTuple):
    """A place in the log: the record's offset and the line within it. Ordered as the log is."""

    offset: int
    line: int


BEGINNING = Position(-1, 0)  # before the first record


# --- encode / decode ------------------------------------------------------------------------------------------------


def encode(model: BaseModel) -> bytes:
    """One model as one line of JSON, without absent fields."""
    return model.__pydantic_serializer__.to_json(model, exclude_none=True)


def frame(line: bytes, cursor: str) -> str:
    """The socket frame of a log line that `encode` made: what stands from `type` on, plus its cursor.

    A raw `"type":"` can't stand inside a JSON string (its quotes would be escaped), so the first one is the key.
    """
    return "{" + line[line.index(b'"type":"') : -1].decode() + f',"cursor":"{cursor}"}}'


def now() -> str:
    """This moment as the log writes it: RFC 3339, UTC, milliseconds."""
    return _written(now_ms())


@lru_cache(maxsize=2)  # under load many events share a millisecond
def _written(at_ms: int) -> str:
    return rfc3339(datetime.fromtimestamp(at_ms / 1000, UTC))


def now_ms() -> int:
    """This moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def rfc3339(moment: datetime) -> str:
    """An aware moment as RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def milliseconds(at: str) -> int:
    """An event's `at` as milliseconds since 1970."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def reply_id_for(owner: str, key: str) -> str:
    """The reply's id from the owner and the idempotency key: every responder, on any try, speaks of the same reply.

    A UUID of version 5 (RFC 9562 §5.5), without the detour over an object of the library.
    """
    digest = bytearray(sha1(_REPLY_SPACE + f"{owner}:{key}".encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    name = digest.hex()
    return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"


def one_line(text: str) -> str:
    """A text without control characters, on one line, with single spaces."""
    return " ".join(_CONTROL.sub(" ", text).split())


def title_from(text: str) -> str:
    """A conversation's first title: the first line of its first message, cut at a word."""
    line = next(filter(None, map(one_line, text.splitlines())), "New conversation")
    if len(line) <= TITLE_LIMIT:
        return line
    cut = line[:TITLE_LIMIT]
    head, _, _ = cut.rpartition(" ")
    return (head or cut).rstrip(" ,.;:") + "…"
