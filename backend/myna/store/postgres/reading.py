"""Door: the questions asked of the rows, as SQLAlchemy statements over the SQLModel tables, and rows as views. Runs nothing itself.

Every statement is built once: building and keying one for each question costs more than the database's answer.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Float,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlmodel import col

from myna.protocol.events import Timings
from myna.protocol.timestamps import rfc3339
from myna.protocol.views import ConversationView, MessageView, ReplyError, SearchHit
from myna.store import pagination, search_text
from myna.store.port import IdempotencyKey, Known
from myna.store.postgres.tables import CheckpointRow, ConversationRow, MessageRow

RECENT = 5_000  # rows of an owner that a search looks through, newest first, before it asks the index of words: some 10 ms
_LAST = 2**63 - 1
# Where a first page begins: behind everything.
NEWEST_MESSAGE = pagination.InMessages(_LAST, _LAST)
NEWEST_CONVERSATION = pagination.InConversations(datetime.max.replace(tzinfo=UTC), "f" * 8 + 3 * "-ffff" + "-" + "f" * 12)
NEWEST_HIT = pagination.InSearch(_LAST)

_MESSAGE = [name for name in MessageRow.model_fields if name != "words"]
_CONVERSATION = [name for name in ConversationRow.model_fields if name != "deleted_at"]
_HIT = ["conversation_id", "id", "role", "text", "created_at", "ord"]

# What questions are asked with.
_OWNER, _CONVERSATION_ID, _ID = (bindparam(name, type_=Uuid(as_uuid=False)) for name in ("owner", "conversation_id", "id"))
_TURN, _ORD = (bindparam(name, type_=BigInteger) for name in ("turn", "ord"))
_UPDATED_AT = bindparam("updated_at", type_=DateTime(timezone=True))
_LIMIT = bindparam("limit", type_=Integer)
_QUERY = cast(bindparam("query", type_=String), TSQUERY)


def _columns(table: Any, names: Sequence[str]) -> list[Any]:
    return [getattr(table, name) for name in names]


def _checkpoint() -> Select[Any]:
    newest = select(col(CheckpointRow.epoch)).order_by(col(CheckpointRow.id).desc()).limit(1).scalar_subquery()
    age = func.make_interval(0, 0, 0, 0, 0, 0, bindparam("older_than_s", type_=Float))
    number, old = col(CheckpointRow.id), col(CheckpointRow.at) <= func.now() - age
    best = select(func.coalesce(func.max(number).filter(old), func.min(number))).where(col(CheckpointRow.epoch) == newest)
    return select(*_columns(CheckpointRow, list(CheckpointRow.model_fields))).where(number == best.scalar_subquery())


def _known() -> Select[Any]:
    arrays = [bindparam(name, type_=ARRAY(Uuid(as_uuid=False))) for name in IdempotencyKey._fields]
    fields = [column(name, Uuid) for name in IdempotencyKey._fields]
    key = func.unnest(*arrays).table_valued(*fields, with_ordinality="n").render_derived(name="key")
    message, reply = aliased(MessageRow, name="message"), aliased(MessageRow, name="reply")
    gone = aliased(ConversationRow, name="gone")
    is_message = and_(col(message.owner) == key.c.owner, col(message.id) == key.c.id, col(message.role) == "user")
    is_reply = and_(col(reply.owner) == key.c.owner, col(reply.id) == key.c.reply_id, col(reply.role) == "assistant")
    is_gone = and_(col(gone.owner) == key.c.owner, col(gone.id) == key.c.conversation_id, col(gone.deleted_at).is_not(None))
    joined = key.outerjoin(message, is_message).outerjoin(reply, is_reply).outerjoin(gone, is_gone)
    columns = [col(gone.id).is_not(None), *_columns(message, _MESSAGE), *_columns(reply, _MESSAGE)]
    return select(*columns).select_from(joined).order_by(key.c.n)


def _recent_hits() -> Select[Any]:
    newest = (
        select(*_columns(MessageRow, ["ord", "words"]))
        .where(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) < _ORD)
        .order_by(col(MessageRow.ord).desc())
        .limit(RECENT)
        .subquery("newest")
    )
    hits = select(newest.c.ord).where(newest.c.words.bool_op("@@")(_QUERY))
    return _hits(hits.order_by(newest.c.ord.desc()).limit(_LIMIT))


def _indexed_hits() -> Select[Any]:
    # Kept apart, so that the planner can't walk all rows newest first in the hope of many hits: the recent ones are known to hold few.
    found = select(col(MessageRow.ord)).where(col(MessageRow.words).bool_op("@@")(_QUERY)).cte("found").prefix_with("MATERIALIZED")
    return _hits(select(found.c.ord).where(found.c.ord < _ORD).order_by(found.c.ord.desc()).limit(_LIMIT))


def _hits(ords: Select[Any]) -> Select[Any]:
    hits = ords.cte("hits")
    its = and_(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) == hits.c.ord)
    return select(*_columns(MessageRow, _HIT)).select_from(hits.join(MessageRow, its)).order_by(col(MessageRow.ord).desc())


_ACTIVITY = tuple_(col(ConversationRow.updated_at), col(ConversationRow.id))
_PLACE = tuple_(col(MessageRow.turn), col(MessageRow.ord))
_LIVING = select(*_columns(ConversationRow, _CONVERSATION)).where(
    col(ConversationRow.owner) == _OWNER, col(ConversationRow.deleted_at).is_(None)
)

LOOK = select(true())
# The newest epoch's newest checkpoint that is old enough, else its oldest. Asked with older_than_s.
CHECKPOINT = _checkpoint()
# One row for each key, in order: whether the conversation is deleted, the message's columns, the reply's.
# Asked with an array for each field of Key.
KNOWN = _known()
# Newest activity first. Asked with owner, updated_at, id, limit.
CONVERSATIONS = (
    _LIVING.where(tuple_(_UPDATED_AT, _ID) > _ACTIVITY)
    .order_by(col(ConversationRow.updated_at).desc(), col(ConversationRow.id).desc())
    .limit(_LIMIT)
)
CONVERSATION = _LIVING.where(col(ConversationRow.id) == _ID)
# Newest first. Asked with owner, conversation_id, turn, ord, limit.
MESSAGES = (
    select(*_columns(MessageRow, _MESSAGE))
    .where(col(MessageRow.owner) == _OWNER, col(MessageRow.conversation_id) == _CONVERSATION_ID, tuple_(_TURN, _ORD) > _PLACE)
    .order_by(col(MessageRow.turn).desc(), col(MessageRow.ord).desc())
    .limit(_LIMIT)
)
# Hits among an owner's newest rows: quick where hits are many. Asked with owner, ord, query, limit.
RECENT_HITS = _recent_hits()
# Whether an owner has more rows than that. Asked with owner, ord.
OLDER = (
    select(col(MessageRow.ord))
    .where(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) < _ORD)
    .order_by(col(MessageRow.ord).desc())
    .offset(RECENT)
    .limit(1)
)
# Hits by the index of words, which must find all to know the newest: quick where hits are few. Asked as RECENT_HITS is.
INDEXED_HITS = _indexed_hits()


def known_of(row: Sequence[Any]) -> Known:
    """A row of `KNOWN`."""
    message, reply = row[1 : 1 + len(_MESSAGE)], row[1 + len(_MESSAGE) :]
    return Known(message_of(message) if message[0] else None, message_of(reply) if reply[0] else None, row[0])


def hit_of(row: Any, query: search_text.Query) -> SearchHit:
    """A row of hits, with its snippet."""
    return SearchHit(str(row.conversation_id), str(row.id), row.role, search_text.snippet(row.text, query), rfc3339(row.created_at))


def conversation_of(row: Sequence[Any]) -> ConversationView:
    """A row of `CONVERSATIONS`."""
    owner, id_, title, created_at, updated_at, count, preview = row
    return ConversationView(str(owner), str(id_), title, rfc3339(created_at), rfc3339(updated_at), count, preview)


def message_of(row: Sequence[Any]) -> MessageView:
    """A row of `MESSAGES`."""
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
