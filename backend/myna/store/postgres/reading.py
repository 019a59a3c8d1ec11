"""The read queries, as SQLAlchemy statements over the tables, and what their rows mean. Runs nothing itself.

Every statement is built once: building and caching one for each call would cost more than the database's answer.
"""

from collections.abc import Mapping
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
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlmodel import col

from myna.store import pagination
from myna.store.port import PATH_LIMIT, IdempotencyKey, IdempotencyRecord, SearchFilter
from myna.store.postgres.row_mapping import CHECKPOINTS, CONVERSATIONS, MESSAGES
from myna.store.postgres.tables import CheckpointRow, ConversationRow, MessageRow

RECENT = 5_000  # rows of an owner that a search looks through, newest first, before it uses the index of words: some 10 ms
_LAST = 2**63 - 1
# Where a first page begins: behind everything.
NEWEST_MESSAGE = pagination.MessagesPageToken(_LAST, _LAST)
NEWEST_CONVERSATION = pagination.ConversationsPageToken(datetime.max.replace(tzinfo=UTC), "f" * 8 + 3 * "-ffff" + "-" + "f" * 12)
NEWEST_HIT = pagination.SearchPageToken(_LAST)

# The message and the reply in a row of `IDEMPOTENCY_RECORDS`.
_MESSAGE, _REPLY = MESSAGES.prefixed("message_"), MESSAGES.prefixed("reply_")

# The parameters.
_OWNER, _CONVERSATION_ID, _ID = (bindparam(name, type_=Uuid(as_uuid=False)) for name in ("owner", "conversation_id", "id"))
_TURN, _ORD = (bindparam(name, type_=BigInteger) for name in ("turn", "ord"))
_UPDATED_AT = bindparam("updated_at", type_=DateTime(timezone=True))
_LIMIT = bindparam("limit", type_=Integer)
_QUERY = cast(bindparam("query", type_=String), TSQUERY)
_ROLE = bindparam("role", type_=String)
_SINCE, _UNTIL = (bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until"))
# What a search is narrowed to; see `narrowed`.
_WITHIN = and_(
    or_(_ROLE.is_(None), col(MessageRow.role) == _ROLE), col(MessageRow.created_at) >= _SINCE, col(MessageRow.created_at) < _UNTIL
)  # fmt: skip


def _checkpoint() -> Select[Any]:
    newest = select(col(CheckpointRow.epoch)).order_by(col(CheckpointRow.id).desc()).limit(1).scalar_subquery()
    age = func.make_interval(0, 0, 0, 0, 0, 0, bindparam("older_than_s", type_=Float))
    number, old = col(CheckpointRow.id), col(CheckpointRow.at) <= func.now() - age
    best = select(func.coalesce(func.max(number).filter(old), func.min(number))).where(col(CheckpointRow.epoch) == newest)
    return select(*CHECKPOINTS.select(CheckpointRow)).where(number == best.scalar_subquery())


def _idempotency_records() -> Select[Any]:
    arrays = [bindparam(name, type_=ARRAY(Uuid(as_uuid=False))) for name in IdempotencyKey._fields]
    fields = [column(name, Uuid) for name in IdempotencyKey._fields]
    key = func.unnest(*arrays).table_valued(*fields, with_ordinality="n").render_derived(name="key")
    message, reply = aliased(MessageRow, name="message"), aliased(MessageRow, name="reply")
    deleted = aliased(ConversationRow, name="deleted")
    is_message = and_(col(message.owner) == key.c.owner, col(message.id) == key.c.id, col(message.role) == "user")
    is_reply = and_(col(reply.owner) == key.c.owner, col(reply.id) == key.c.reply_id, col(reply.role) == "assistant")
    is_deleted = and_(
        col(deleted.owner) == key.c.owner, col(deleted.id) == key.c.conversation_id, col(deleted.deleted_at).is_not(None)
    )  # fmt: skip
    joined = key.outerjoin(message, is_message).outerjoin(reply, is_reply).outerjoin(deleted, is_deleted)
    columns = [col(deleted.id).is_not(None).label("conversation_deleted"), *_MESSAGE.select(message), *_REPLY.select(reply)]
    return select(*columns).select_from(joined).order_by(key.c.n)


def _path() -> Select[Any]:
    newest = select(func.max(col(MessageRow.ord))).where(
        col(MessageRow.owner) == _OWNER, col(MessageRow.conversation_id) == _CONVERSATION_ID
    )
    is_end = or_(col(MessageRow.id) == _ID, and_(_ID.is_(None), col(MessageRow.ord) == newest.scalar_subquery()))
    said = func.char_length(col(MessageRow.text))
    path = (
        select(col(MessageRow.id), col(MessageRow.parent_id), col(MessageRow.role), literal(1).label("length"), said.label("characters"))
        .where(col(MessageRow.owner) == _OWNER, col(MessageRow.conversation_id) == _CONVERSATION_ID, is_end)
        .cte("path", recursive=True)
    )
    parent = aliased(MessageRow, name="parent")
    is_parent = and_(col(parent.owner) == _OWNER, col(parent.id) == path.c.parent_id, path.c.length < PATH_LIMIT)
    further = path.c.characters + func.char_length(col(parent.text))
    path = path.union_all(select(col(parent.id), col(parent.parent_id), col(parent.role), path.c.length + 1, further).join(path, is_parent))
    wanted = bindparam("wanted", type_=BigInteger)
    is_wanted = and_(col(MessageRow.owner) == _OWNER, col(MessageRow.id) == path.c.id, path.c.characters <= wanted)
    texts = select(path.c.id, path.c.role, col(MessageRow.text)).select_from(path).outerjoin(MessageRow, is_wanted)
    return texts.order_by(path.c.length.desc())


def _recent_hits() -> Select[Any]:
    newest = (
        select(col(MessageRow.ord), col(MessageRow.words), _WITHIN.label("within"))
        .where(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) < _ORD)
        .order_by(col(MessageRow.ord).desc())
        .limit(RECENT)
        .subquery("newest")
    )
    hits = select(newest.c.ord).where(newest.c.words.bool_op("@@")(_QUERY), newest.c.within)
    return _hits(hits.order_by(newest.c.ord.desc()).limit(_LIMIT))


def _indexed_hits() -> Select[Any]:
    # Kept apart, so that the planner can't walk all rows newest first in the hope of many hits: the recent ones are known to hold few.
    matching = select(col(MessageRow.ord)).where(col(MessageRow.words).bool_op("@@")(_QUERY), _WITHIN)
    found = matching.cte("found").prefix_with("MATERIALIZED")
    return _hits(select(found.c.ord).where(found.c.ord < _ORD).order_by(found.c.ord.desc()).limit(_LIMIT))


def _hits(ords: Select[Any]) -> Select[Any]:
    hits = ords.cte("hits")
    same = and_(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) == hits.c.ord)
    conversation = and_(col(ConversationRow.owner) == _OWNER, col(ConversationRow.id) == col(MessageRow.conversation_id))
    columns = [*MESSAGES.select(MessageRow), col(MessageRow.ord), col(ConversationRow.title).label("conversation_title")]
    joined = hits.join(MessageRow, same).join(ConversationRow, conversation)
    return select(*columns).select_from(joined).order_by(col(MessageRow.ord).desc())


_ACTIVITY = tuple_(col(ConversationRow.updated_at), col(ConversationRow.id))
_PLACE = tuple_(col(MessageRow.turn), col(MessageRow.ord))
_LIVING = select(*CONVERSATIONS.select(ConversationRow)).where(
    col(ConversationRow.owner) == _OWNER, col(ConversationRow.deleted_at).is_(None)
)

PROBE = select(true())
# The newest epoch's newest checkpoint that is old enough, else its oldest. Parameters: older_than_s.
CHECKPOINT = _checkpoint()
# One row for each key, in order: `conversation_deleted`, the columns of the message and of the reply.
# Parameters: an array for each field of the key.
IDEMPOTENCY_RECORDS = _idempotency_records()
# Newest activity first. Parameters: owner, updated_at, id, limit.
CONVERSATIONS_PAGE = (
    _LIVING.where(tuple_(_UPDATED_AT, _ID) > _ACTIVITY)
    .order_by(col(ConversationRow.updated_at).desc(), col(ConversationRow.id).desc())
    .limit(_LIMIT)
)
# Parameters: owner, id.
CONVERSATION = _LIVING.where(col(ConversationRow.id) == _ID)
# Newest first, with turn and ord. Parameters: owner, conversation_id, turn, ord, limit.
MESSAGES_PAGE = (
    select(*MESSAGES.select(MessageRow), col(MessageRow.turn), col(MessageRow.ord))
    .where(col(MessageRow.owner) == _OWNER, col(MessageRow.conversation_id) == _CONVERSATION_ID, tuple_(_TURN, _ORD) > _PLACE)
    .order_by(col(MessageRow.turn).desc(), col(MessageRow.ord).desc())
    .limit(_LIMIT)
)
# From the root to a message or reply (to the one stored last where the id is null), with the texts of the last characters.
# Parameters: owner, conversation_id, id, wanted.
PATH = _path()
# Hits among an owner's newest rows, with ord: quick where hits are many. Parameters: owner, ord, query, limit, and `narrowed`.
RECENT_HITS = _recent_hits()
# Whether an owner has more rows than that. Parameters: owner, ord.
OLDER = (
    select(col(MessageRow.ord))
    .where(col(MessageRow.owner) == _OWNER, col(MessageRow.ord) < _ORD)
    .order_by(col(MessageRow.ord).desc())
    .offset(RECENT)
    .limit(1)
)
# Hits by the index of words, which must find all to know the newest: quick where hits are few. Parameters as RECENT_HITS.
INDEXED_HITS = _indexed_hits()


def narrowed(only: SearchFilter) -> dict[str, Any]:
    """The parameters of a search that is narrowed to this."""
    since, until = only.since or datetime.min.replace(tzinfo=UTC), only.until or datetime.max.replace(tzinfo=UTC)
    return {"role": only.role, "since": since, "until": until}


def idempotency_record_of(row: Mapping[str, Any]) -> IdempotencyRecord:
    """A row of `IDEMPOTENCY_RECORDS`."""
    message = None if row["message_id"] is None else _MESSAGE.view(row)
    reply = None if row["reply_id"] is None else _REPLY.view(row)
    return IdempotencyRecord(message, reply, row["conversation_deleted"])
