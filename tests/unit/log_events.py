"""Builders of log events and records, with everything filled in that a test does not care about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from myna.broker.port import Record
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.event_fields import ParentId
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import RoutingKey

AT = "2026-01-01T00:00:00.000Z"


def uid(number: int) -> str:
    """A UUID that is easy to recognise."""
    return str(UUID(int=number))


ANN, BEN = uid(0xA), uid(0xB)  # owners
CONVERSATION, OTHER_CONVERSATION = uid(0xC), uid(0xD)  # conversations


def at(ms: int) -> str:
    """The timestamp so many milliseconds after the first."""
    return f"2026-01-01T00:{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}Z"


def accepted_message(
    number: int,
    text: str = "hello",
    *,
    owner: str = ANN,
    conversation: str = CONVERSATION,
    when: str = AT,
    parent: ParentId = None,
) -> e.MessageCreated:
    """The event of an accepted message."""
    return e.MessageCreated(
        owner=owner, reply_id=reply_id_for(owner, uid(number)), at=when, conversation_id=conversation, id=uid(number), text=text,
        parent_id=parent,
    )  # fmt: skip


def accepted_regenerate(number: int, job: e.MessageCreated, *, when: str = AT) -> e.ReplyRequested:
    """The event of an accepted regenerate."""
    return e.ReplyRequested(
        owner=job.owner, reply_id=reply_id_for(job.owner, uid(number)), at=when, conversation_id=job.conversation_id,
        id=uid(number), message_id=job.id, text=job.text,
    )  # fmt: skip


def about(job: e.Job, attempt: int, when: str) -> dict[str, Any]:
    return {
        "owner": job.owner, "at": when, "conversation_id": job.conversation_id, "reply_id": job.reply_id,
        "message_id": job.message_id, "attempt": attempt,
    }  # fmt: skip


def started(job: e.Job, attempt: int = 1, *, restarted: bool | None = None, when: str = AT) -> e.ReplyStarted:
    return e.ReplyStarted(**about(job, attempt, when), worker="w", restarted=restarted)


def part(job: e.Job, index: int, text: str, attempt: int = 1, *, when: str = AT) -> e.ReplyDelta:
    return e.ReplyDelta(**about(job, attempt, when), index=index, text=text)


def completed(job: e.Job, parts: Sequence[str], attempt: int = 1, *, when: str = AT) -> e.ReplyCompleted:
    return e.ReplyCompleted(
        **about(job, attempt, when), parts=len(parts), text="".join(parts), finish_reason="stop",
        timings=e.Timings(queued_ms=0, first_part_ms=0, total_ms=0),
    )  # fmt: skip


def failed(job: e.Job, attempt: int = 1, *, when: str = AT) -> e.ReplyFailed:
    return e.ReplyFailed(**about(job, attempt, when), code="refused", detail="No.", retryable=True)


def stopped(job: e.Job, *, when: str = AT) -> e.StopRequested:
    return e.StopRequested(owner=job.owner, at=when, conversation_id=job.conversation_id, reply_id=job.reply_id, message_id=job.message_id)


def renamed(title: str, *, owner: str = ANN, conversation: str = CONVERSATION, when: str = AT) -> e.ConversationUpdated:
    return e.ConversationUpdated(owner=owner, at=when, conversation_id=conversation, title=title)


def deleted(*, owner: str = ANN, conversation: str = CONVERSATION, when: str = AT) -> e.ConversationDeleted:
    return e.ConversationDeleted(owner=owner, at=when, conversation_id=conversation)


def whole(job: e.Job, *parts: str) -> list[e.Event]:
    """The events of a message and its complete reply."""
    return [job, started(job), *(part(job, index, text) for index, text in enumerate(parts)), completed(job, parts)]


def body(*events: e.LogLine) -> bytes:
    """The body of a record with these events."""
    return b"\n".join(log_codec.encode(event) for event in events)


def record(offset: int, *events: e.LogLine, key: RoutingKey = RoutingKey.EVENT) -> Record:
    """A record of the log."""
    return Record(offset, key, body(*events))


def records(events: Sequence[e.LogLine], first: int = 0) -> list[Record]:
    """One record for each event."""
    return [record(first + number, event) for number, event in enumerate(events)]
