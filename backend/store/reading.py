"""Door: the questions asked of the rows, as SQLAlchemy statements over the SQLModel tables, and rows as views. Runs nothing itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, String, Uuid, and_, bindparam, cast, column, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.events import Timings, rfc3339
from backend.store import pages, words
from backend.store.port import Key, Known
from backend.store.tables import CheckpointRow, ConversationRow, MessageRow
from backend.views import ConversationView, MessageView, ReplyError, SearchHit

RECENT = 5_000  # rows of an owner that a search looks through, newest first, before it asks the index of words: some 10 ms

_MESSAGE = [name for name in MessageRow.model_fields if name != "words"]
_CONVERSATION = [name for name in ConversationRow.model_fields if name != "deleted_at"]
_Found = Select[Any]


def _columns(table: Any, names: Sequence[str]) -> list[Any]:
    return [getattr(table, name) for name in names]


def newest_checkpoint(older_than_s: float) -> _Found:
    """The checkpoint to give: of the newest's epoch, the newest that is old enough, else the oldest."""
    newest = select(col(CheckpointRow.epoch)).order_by(col(CheckpointRow.id).desc()).limit(1).scalar_subquery()
    old = col(CheckpointRow.at) <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, older_than_s)
    number = col(CheckpointRow.id)
    best = select(func.coalesce(func.max(number).filter(old), func.min(number))).where(col(CheckpointRow.epoch) == newest).scalar_subquery()
    return select(*_columns(CheckpointRow, list(CheckpointRow.model_fields))).where(number == best)


def known(keys: Sequence[Key]) -> _Found:
    """One row for each key, in order: number, conversation deleted, then the message's columns and the reply's."""
    arrays = [bindparam(None, [key[at] for key in keys], type_=ARRAY(Uuid)) for at in range(len(Key._fields))]
    fields = [column(name, Uuid) for name in Key._fields]
    key = func.unnest(*arrays).table_valued(*fields, with_ordinality="n").render_derived(name="key")
    message, reply = aliased(MessageRow, name="message"), aliased(MessageRow, name="reply")
    gone = aliased(ConversationRow, name="gone")
    is_message = and_(col(message.owner) == key.c.owner, col(message.id) == key.c.id, col(message.role) == "user")
    is_reply = and_(col(reply.owner) == key.c.owner, col(reply.id) == key.c.reply_id, col(reply.role) == "assistant")
    is_gone = and_(col(gone.owner) == key.c.owner, col(gone.id) == key.c.conversation_id, col(gone.deleted_at).is_not(None))
    joined = key.outerjoin(message, is_message).outerjoin(reply, is_reply).outerjoin(gone, is_gone)
    columns = [col(gone.id).is_not(None), *_columns(message, _MESSAGE), *_columns(reply, _MESSAGE)]
    return select(*columns).select_from(joined).order_by(key.c.n)


def known_of(row: Sequence[Any]) -> Known:
    """A row of `known`."""
    message, reply = row[1 : 1 + len(_MESSAGE)], row[1 + len(_MESSAGE) :]
    return Known(message_of(message) if message[0] else None, message_of(reply) if reply[0] else None, row[0])


def conversations(owner: str, limit: int, before: pages.InConversations | None) -> _Found:
    """Conversations that are not deleted, newest activity first."""
    order = [col(ConversationRow.updated_at), col(ConversationRow.id)]
    found = select(*_columns(ConversationRow, _CONVERSATION)).where(
        col(ConversationRow.owner) == UUID(owner), col(ConversationRow.deleted_at).is_(None)
    )
    if before is not None:
        found = found.where(tuple_(*order) < tuple_(literal(before.updated_at), literal(UUID(before.id))))
    return found.order_by(*(one.desc() for one in order)).limit(limit)


def conversation(owner: str, conversation_id: str) -> _Found:
    """One conversation, where it is not deleted."""
    return select(*_columns(ConversationRow, _CONVERSATION)).where(
        col(ConversationRow.owner) == UUID(owner),
        col(ConversationRow.id) == UUID(conversation_id),
        col(ConversationRow.deleted_at).is_(None),
    )


def messages(owner: str, conversation_id: str, limit: int, before: pages.InMessages | None) -> _Found:
    """A conversation's rows, newest first."""
    order = [col(MessageRow.turn), col(MessageRow.ord)]
    found = select(*_columns(MessageRow, _MESSAGE)).where(
        col(MessageRow.owner) == UUID(owner), col(MessageRow.conversation_id) == UUID(conversation_id)
    )
    if before is not None:
        found = found.where(tuple_(*order) < tuple_(literal(before.turn), literal(before.ord)))
    return found.order_by(*(one.desc() for one in order)).limit(limit)


def recent_hits(owner: str, tsquery: str, limit: int, before: pages.InSearch) -> _Found:
    """Hits among an owner's newest rows: quick where hits are many, whatever the size of everything."""
    newest = (
        select(*_columns(MessageRow, ["ord", "words"]))
        .where(col(MessageRow.owner) == UUID(owner), col(MessageRow.ord) < before.ord)
        .order_by(col(MessageRow.ord).desc())
        .limit(RECENT)
        .subquery("newest")
    )
    hits = select(newest.c.ord).where(newest.c.words.bool_op("@@")(_tsquery(tsquery)))
    return _hits(owner, hits.order_by(newest.c.ord.desc()).limit(limit).cte("hits"))


def indexed_hits(owner: str, tsquery: str, limit: int, before: pages.InSearch) -> _Found:
    """Hits by the index of words, which must find all to know the newest: quick where hits are few."""
    # Kept apart, so that the planner can't walk all rows newest first in the hope of many hits: recent_hits did that.
    hits = (
        select(col(MessageRow.ord)).where(col(MessageRow.words).bool_op("@@")(_tsquery(tsquery))).cte("found").prefix_with("MATERIALIZED")
    )
    newest = select(hits.c.ord).where(hits.c.ord < before.ord).order_by(hits.c.ord.desc()).limit(limit)
    return _hits(owner, newest.cte("hits"))


def _hits(owner: str, hits: Any) -> _Found:
    columns = _columns(MessageRow, ["conversation_id", "id", "role", "text", "created_at", "ord"])
    its = and_(col(MessageRow.owner) == UUID(owner), col(MessageRow.ord) == hits.c.ord)
    return select(*columns).select_from(hits.join(MessageRow, its)).order_by(col(MessageRow.ord).desc())


def _tsquery(text: str) -> Any:
    return cast(literal(text, String), TSQUERY)


def hit_of(row: Any, query: words.Query) -> SearchHit:
    """A row of hits, with its snippet."""
    return SearchHit(str(row.conversation_id), str(row.id), row.role, words.snippet(row.text, query), rfc3339(row.created_at))


def conversation_of(row: Sequence[Any]) -> ConversationView:
    """A row of `conversations`."""
    owner, id_, title, created_at, updated_at, count, preview = row
    return ConversationView(str(owner), str(id_), title, rfc3339(created_at), rfc3339(updated_at), count, preview)


def message_of(row: Sequence[Any]) -> MessageView:
    """A row of `messages`, its columns in the table's order."""
    owner, id_, conversation_id, _, _, role, text, status, created_at, message_id, attempt, parts, finish_reason = row[:13]
    queued_ms, first_part_ms, total_ms, worker, code, detail, retryable, stored_at = row[13:]
    return MessageView(
        owner=str(owner),
        conversation_id=str(conversation_id),
        id=str(id_),
        role=role,
        text=text,
        status=status,
        created_at=rfc3339(created_at),
        message_id=str(message_id) if message_id else None,
        attempt=attempt,
        parts=parts,
        finish_reason=finish_reason,
        timings=None if queued_ms is None else Timings(queued_ms=queued_ms, first_part_ms=first_part_ms, total_ms=total_ms),
        worker=worker,
        error=None if code is None else ReplyError(code, detail, retryable),
        stored_at=rfc3339(stored_at),
    )
