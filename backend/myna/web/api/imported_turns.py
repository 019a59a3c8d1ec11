"""The events that an imported conversation turns into.

They are ordinary events, so sockets, window and recorder treat them as any other conversation's. Their times are those of
the import, a millisecond apart, because the log decides by time what may be forgotten and pages order turns by it; the times
of the first writing stay in the file.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from myna.pipeline.commands import ImportedTurn
from myna.protocol import events as e
from myna.protocol import failures, timestamps, titles
from myna.protocol.event_fields import FinishReason
from myna.protocol.ids import reply_id_for
from myna.slices import Pause, sliced
from myna.web.api.conversation_file import ExportedConversation, ExportedMessage, ExportedReply, check


async def imported_turns(owner: str, conversation_id: str, document: ExportedConversation, now_ms: int) -> list[ImportedTurn]:
    """What is to be written to the log, in order, the title with the first turn. Raises `InvalidFrame`, which names the place.

    New ids are derived from the new conversation's id, from the whole body and from the old ids: the same body makes the
    same ids, and another body under the same conversation id shares none with it.
    """
    check(document)
    turns: list[ImportedTurn] = []
    tree = _Tree()
    async with sliced() as pause:
        namespace = uuid5(UUID(conversation_id), await _digest(document, pause))
        times = [timestamps.written(now_ms - before_ms) for before_ms in range(len(document.messages), 0, -1)]
        replies = _replies_by_message(document)
        for index, item in enumerate(document.messages):
            if isinstance(item, ExportedReply):
                continue
            await pause()
            message = _message(owner, conversation_id, str(uuid5(namespace, item.id)), item, times[index], tree)
            tree.add(item.id, message.id, message.turn)
            for number, (at, reply) in enumerate(replies.get(item.id) or [(index, None)]):
                again = number > 0 and reply is not None
                job = _one_more_reply(message, str(uuid5(namespace, reply.id)), reply, times[at]) if again and reply else message
                turns.append(ImportedTurn(job, [job, *_reply_events(job, reply, times[at])]))
                tree.add(reply.id if reply is not None else "", job.reply_id, message.turn)
    _add_title(turns, document.conversation.title)
    return turns


class _Tree:
    """The new ids of what stands above in the file, by the old ones, and the turn that each belongs to."""

    def __init__(self) -> None:
        self._known: dict[str | None, tuple[str | None, int]] = {None: (None, 0)}
        self._newest: tuple[str | None, int] = None, 0  # the reply above

    def add(self, old: str, new: str, turn: int | None) -> None:
        self._known[old] = self._newest = new, turn or 0

    def parent_of(self, item: ExportedMessage) -> tuple[str | None, int]:
        """What a message follows and how many messages lead to that."""
        return self._known[item.parent_id] if "parent_id" in item.model_fields_set else self._newest


async def _digest(document: ExportedConversation, pause: Pause) -> str:
    digest = sha256(document.conversation.title.encode())
    for item in document.messages:
        digest.update(item.model_dump_json(exclude_unset=True).encode())
        await pause()
    return digest.hexdigest()


def _replies_by_message(document: ExportedConversation) -> dict[str, list[tuple[int, ExportedReply]]]:
    """The replies to each message, with their places in the file."""
    replies: dict[str, list[tuple[int, ExportedReply]]] = {}
    for index, item in enumerate(document.messages):
        if isinstance(item, ExportedReply):
            replies.setdefault(item.message_id, []).append((index, item))
    return replies


def _add_title(turns: list[ImportedTurn], title: str) -> None:
    first = turns[0].job
    if title != titles.title_from(first.text):
        renamed = e.ConversationUpdated(owner=first.owner, at=first.at, conversation_id=first.conversation_id, title=title)
        turns[0] = ImportedTurn(first, [*turns[0].events, renamed])


def _message(owner: str, conversation_id: str, id_: str, item: ExportedMessage, at: str, tree: _Tree) -> e.MessageCreated:
    parent_id, before = tree.parent_of(item)
    return e.MessageCreated(
        owner=owner, reply_id=reply_id_for(owner, id_), turn=before + 1, at=at, conversation_id=conversation_id, id=id_, text=item.text,
        parent_id=parent_id, options=item.options.ordered() if item.options is not None else None,
    )  # fmt: skip


def _one_more_reply(message: e.MessageCreated, key: str, reply: ExportedReply, at: str) -> e.ReplyRequested:
    return e.ReplyRequested(
        owner=message.owner, reply_id=reply_id_for(message.owner, key), turn=message.turn,
        options=reply.options.ordered() if reply.options is not None else None,
        at=at, conversation_id=message.conversation_id, id=key, message_id=message.id, text=message.text,
    )  # fmt: skip


def _reply_events(job: e.Job, reply: ExportedReply | None, at: str) -> Iterator[e.Event]:
    about: dict[str, Any] = {
        "owner": job.owner, "at": at, "conversation_id": job.conversation_id, "reply_id": job.reply_id, "message_id": job.message_id
    }  # fmt: skip
    if reply is None:
        yield e.ReplyFailed(**about, attempt=0, **failures.UNANSWERED._asdict())
        return
    attempt = max(reply.attempt, 1) if reply.worker else reply.attempt
    if reply.worker:
        options = None if reply.options is None else e.Options(reply.options.profile, reply.options.seed, reply.options.scenario)
        yield e.ReplyStarted(**about, attempt=attempt, worker=reply.worker, options=options)
    if reply.text:
        yield e.ReplyDelta(**about, attempt=attempt, index=0, text=reply.text)
    if reply.status in ("complete", "stopped"):
        reason: FinishReason = "stopped" if reply.status == "stopped" else "length" if reply.finish_reason == "length" else "stop"
        timings = e.Timings(**reply.timings.model_dump())
        parts = 1 if reply.text else 0
        yield e.ReplyCompleted(**about, attempt=attempt, parts=parts, text=reply.text, finish_reason=reason, timings=timings)
    else:
        failure = reply.error.model_dump() if reply.status == "failed" else failures.UNFINISHED._asdict()
        given = "timings" in reply.model_fields_set
        yield e.ReplyFailed(**about, attempt=attempt, **failure, timings=e.Timings(**reply.timings.model_dump()) if given else None)
