"""Words: an exported conversation as it comes back — what its file must be, and the events it turns into. No I/O, no clock.

They are events that the log knows anyway, so sockets, window and recorder take them for any other conversation's. They
carry the moment of the import, a millisecond apart: what a node may forget is judged by the moments in the log, and
pages order turns by them. When it was said at first stays in the file.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from myna.pipeline.commands import ImportedTurn
from myna.protocol import events as e
from myna.protocol import timestamps, titles
from myna.protocol.errors import InvalidFrame
from myna.protocol.field_types import Id, Text, Title
from myna.protocol.ids import reply_id_for
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable

ITEMS_LIMIT = 2_000  # messages and replies of one import: about what a node under full load takes in a second
REPLY_LIMIT = 32_768  # characters of one reply: the longest that the mock says
DAY_MS = 24 * 60 * 60 * 1000


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError(f"text may not hold {REFUSED_CHARACTERS}")
    return text


Moment = Annotated[str, StringConstraints(max_length=40)]
Words = Annotated[str, StringConstraints(max_length=500), AfterValidator(_storable)]
Ms = Annotated[int, Field(ge=0, le=DAY_MS)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ExportedAbout(_Part):
    """The conversation's line. Only its title comes back: id and moments are made anew."""

    id: Id
    title: Title
    created_at: Moment | None = None
    updated_at: Moment | None = None


class ExportedMessage(_Part):
    """What a person said. One without any reply in the file comes back with a failed one, to be tried again."""

    id: Id
    role: Literal["user"]
    text: Text
    status: Literal["waiting", "streaming", "complete", "stopped", "failed"] = "complete"
    created_at: Moment | None = None
    stored_at: Moment | None = None


class ExportedTimings(_Part):
    """A reply's milliseconds, each a day at most."""

    queued_ms: Ms = 0
    first_part_ms: Ms | None = None
    total_ms: Ms = 0


class ExportedError(_Part):
    """Why there was no reply."""

    code: Words = "failed"
    detail: Words = "No reason was given."
    retryable: bool = True


class ExportedReply(_Part):
    """One reply to a message above it; it comes back as one part. One that was still being made comes back as failed."""

    id: Id
    role: Literal["assistant"]
    message_id: Id
    text: Annotated[str, StringConstraints(max_length=REPLY_LIMIT), AfterValidator(_storable)]
    status: Literal["waiting", "streaming", "complete", "stopped", "failed"]
    attempt: Annotated[int, Field(ge=0, le=1_000)] = 0
    parts: Annotated[int, Field(ge=0)] = 0
    finish_reason: e.FinishReason | None = None
    timings: ExportedTimings = ExportedTimings()
    worker: Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)] | None = None
    error: ExportedError = ExportedError()
    created_at: Moment | None = None
    stored_at: Moment | None = None


class ExportedConversation(_Part):
    """A conversation as `export?format=json` writes it."""

    schema_: Literal["myna.conversation/1"] = Field(alias="schema")
    exported_at: Moment | None = None
    conversation: ExportedAbout
    messages: Annotated[
        list[Annotated[ExportedMessage | ExportedReply, Field(discriminator="role")]], Field(min_length=1, max_length=ITEMS_LIMIT)
    ]


UNANSWERED = ExportedError(code="unanswered", detail="It had no reply when the conversation was exported.")
UNFINISHED = ExportedError(code="unfinished", detail="It was still being said when the conversation was exported.")


def imported_turns(owner: str, conversation_id: str, document: ExportedConversation, now_ms: int) -> list[ImportedTurn]:
    """What is to be written to the log, in order, the title with the first. Raises `InvalidFrame`, which names the place.

    Ids come of the new conversation's, of everything that comes back, and of the old ones: the same body makes the same
    ids, and another body under the same id shares none with it.
    """
    check(document)
    body = document.model_dump_json(include={"messages"}) + document.conversation.title
    namespace = uuid5(UUID(conversation_id), sha256(body.encode()).hexdigest())
    replies: dict[str, list[tuple[int, ExportedReply]]] = {}
    for place, item in enumerate(document.messages):
        if isinstance(item, ExportedReply):
            replies.setdefault(item.message_id, []).append((place, item))
    begun_ms = now_ms - len(document.messages)
    made: list[ImportedTurn] = []
    for place, item in enumerate(document.messages):
        if isinstance(item, ExportedMessage):
            message_id = str(uuid5(namespace, item.id))
            for number, (said, reply) in enumerate(replies.get(item.id) or [(place, None)]):
                key = message_id if number == 0 or reply is None else str(uuid5(namespace, reply.id))
                asked_at, said_at = (timestamps.written(begun_ms + one) for one in (place if number == 0 else said, said))
                job = _work(owner, conversation_id, key, message_id, item.text, asked_at)
                made.append(ImportedTurn(job, [job, *_reply(job, reply, said_at)]))
    first = made[0].job
    title = e.ConversationUpdated(owner=owner, at=first.at, conversation_id=conversation_id, title=document.conversation.title)
    if title.title != titles.title_from(first.text):
        made[0] = ImportedTurn(first, [*made[0].events, title])
    return made


def check(document: ExportedConversation) -> None:
    """What no single field can say: each id once, each reply below its message. Raises `InvalidFrame`."""
    seen: set[str] = set()
    messages: set[str] = set()
    for place, item in enumerate(document.messages):
        if item.id in seen:
            raise InvalidFrame(f"messages.{place}.id: stands in an item above too; each takes an id of its own.")
        seen.add(item.id)
        if isinstance(item, ExportedMessage):
            messages.add(item.id)
        elif item.message_id not in messages:
            raise InvalidFrame(f"messages.{place}.message_id: takes the id of a message above it.")


def _work(owner: str, conversation_id: str, key: str, message_id: str, text: str, at: str) -> e.Job:
    reply_id = reply_id_for(owner, key)
    if key == message_id:
        return e.MessageCreated(owner=owner, reply_id=reply_id, at=at, conversation_id=conversation_id, id=key, text=text)
    return e.ReplyRequested(
        owner=owner, reply_id=reply_id, at=at, conversation_id=conversation_id, id=key, message_id=message_id, text=text
    )  # fmt: skip


def _reply(job: e.Job, reply: ExportedReply | None, at: str) -> Iterator[e.Event]:
    about: dict[str, Any] = {
        "owner": job.owner, "at": at, "conversation_id": job.conversation_id, "reply_id": job.reply_id, "message_id": job.message_id
    }  # fmt: skip
    if reply is None:
        yield e.ReplyFailed(**about, attempt=0, **UNANSWERED.model_dump())
        return
    attempt = max(reply.attempt, 1) if reply.worker else reply.attempt
    if reply.worker:
        yield e.ReplyStarted(**about, attempt=attempt, worker=reply.worker)
    if reply.text:
        yield e.ReplyDelta(**about, attempt=attempt, index=0, text=reply.text)
    if reply.status in ("complete", "stopped"):
        reason: e.FinishReason = "stopped" if reply.status == "stopped" else "length" if reply.finish_reason == "length" else "stop"
        timings = e.Timings(**reply.timings.model_dump())
        parts = 1 if reply.text else 0
        yield e.ReplyCompleted(**about, attempt=attempt, parts=parts, text=reply.text, finish_reason=reason, timings=timings)
    else:
        error = reply.error if reply.status == "failed" else UNFINISHED
        yield e.ReplyFailed(**about, attempt=attempt, **error.model_dump())
