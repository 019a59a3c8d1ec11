"""Log lines and records as tests write them: short to say, complete to read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from myna.broker.port import Record
from myna.protocol import events as e
from myna.protocol.ids import reply_id_for
from myna.protocol.topology import RoutingKey

AT = "2026-01-01T00:00:00.000Z"


def uid(number: int) -> str:
    """An id that one recognises."""
    return str(UUID(int=number))


ANN, BEN = uid(0xA), uid(0xB)  # owners
TALK, OTHER_TALK = uid(0xC), uid(0xD)  # conversations


def at(ms: int) -> str:
    """A moment so many milliseconds after the first."""
    return f"2026-01-01T00:{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}Z"


def said(number: int, text: str = "hello", *, owner: str = ANN, conversation: str = TALK, when: str = AT) -> e.MessageCreated:
    """A message was accepted."""
    return e.MessageCreated(
        owner=owner, reply_id=reply_id_for(owner, uid(number)), at=when, conversation_id=conversation, id=uid(number), text=text
    )  # fmt: skip


def again(number: int, work: e.MessageCreated, *, when: str = AT) -> e.ReplyRequested:
    """One more reply to it was accepted."""
    return e.ReplyRequested(
        owner=work.owner, reply_id=reply_id_for(work.owner, uid(number)), at=when, conversation_id=work.conversation_id,
        id=uid(number), message_id=work.id, text=work.text,
    )  # fmt: skip


def about(work: e.Work, attempt: int, when: str) -> dict[str, Any]:
    return {
        "owner": work.owner, "at": when, "conversation_id": work.conversation_id, "reply_id": work.reply_id,
        "message_id": work.message_id, "attempt": attempt,
    }  # fmt: skip


def started(work: e.Work, attempt: int = 1, *, restarted: bool | None = None, when: str = AT) -> e.ReplyStarted:
    return e.ReplyStarted(**about(work, attempt, when), worker="w", restarted=restarted)


def part(work: e.Work, index: int, text: str, attempt: int = 1, *, when: str = AT) -> e.ReplyDelta:
    return e.ReplyDelta(**about(work, attempt, when), index=index, text=text)


def completed(work: e.Work, parts: Sequence[str], attempt: int = 1, *, when: str = AT) -> e.ReplyCompleted:
    return e.ReplyCompleted(
        **about(work, attempt, when), parts=len(parts), text="".join(parts), finish_reason="stop",
        timings=e.Timings(queued_ms=0, first_part_ms=0, total_ms=0),
    )  # fmt: skip


def failed(work: e.Work, attempt: int = 1, *, when: str = AT) -> e.ReplyFailed:
    return e.ReplyFailed(**about(work, attempt, when), code="refused", detail="No.", retryable=True)


def stopped(work: e.Work, *, when: str = AT) -> e.StopRequested:
    return e.StopRequested(
        owner=work.owner, at=when, conversation_id=work.conversation_id, reply_id=work.reply_id, message_id=work.message_id
    )


def renamed(title: str, *, owner: str = ANN, conversation: str = TALK, when: str = AT) -> e.ConversationUpdated:
    return e.ConversationUpdated(owner=owner, at=when, conversation_id=conversation, title=title)


def deleted(*, owner: str = ANN, conversation: str = TALK, when: str = AT) -> e.ConversationDeleted:
    return e.ConversationDeleted(owner=owner, at=when, conversation_id=conversation)


def whole(work: e.Work, *parts: str) -> list[e.Event]:
    """A message and its undisturbed reply."""
    return [work, started(work), *(part(work, index, text) for index, text in enumerate(parts)), completed(work, parts)]


def body(*events: e.LogLine) -> bytes:
    """Events that travel together."""
    return b"\n".join(e.encode(event) for event in events)


def record(offset: int, *events: e.LogLine, key: RoutingKey = RoutingKey.EVENT) -> Record:
    """A record of the log."""
    return Record(offset, key, body(*events))


def records(events: Sequence[e.LogLine], first: int = 0) -> list[Record]:
    """A record for each."""
    return [record(first + number, event) for number, event in enumerate(events)]
