"""The store's statements but those of the recorder, in SQLAlchemy over the tables, so that a column is misspelt nowhere.

No running process imports this: `compiled.json` holds what it comes to, and `python -m myna.store.postgres.compiling` writes that.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Float,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from myna.store.port import MOCK_SETUPS, PATH_LIMIT, IdempotencyKey
from myna.store.postgres.row_mapping import CHECKPOINTS, CONVERSATIONS, MESSAGE_OF_KEY, MESSAGES, REPLY_OF_KEY
from myna.store.postgres.tables import CheckpointRow, ConversationRow, MessageRow, MockFailureRow, MockRulesRow

RECENT = 5_000  # rows of an owner that a search looks through, newest first, before it uses the index of words: some 10 ms

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
    columns = [col(deleted.id).is_not(None).label("conversation_deleted"), *MESSAGE_OF_KEY.select(message), *REPLY_OF_KEY.select(reply)]
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


# --- what owners set the mock AI to ---

_RULES = MockRulesRow.__table__  # type: ignore[attr-defined]
_FAILURES = MockFailureRow.__table__  # type: ignore[attr-defined]

ALL_RULES = select(col(MockRulesRow.owner), col(MockRulesRow.rules)).order_by(col(MockRulesRow.set_order))
DROP_RULES = delete(_RULES).where(_RULES.c.owner == _OWNER).returning(_RULES.c.owner)
_kept = select(_RULES.c.set_order).order_by(_RULES.c.set_order.desc()).offset(MOCK_SETUPS)
DROP_OLDEST_RULES = delete(_RULES).where(_RULES.c.set_order.in_(_kept)).returning(_RULES.c.owner)
_given = insert(_RULES).values(owner=_OWNER, rules=bindparam("rules", type_=Text))
_newest = func.nextval(func.pg_get_serial_sequence("mock_rules", "set_order"))
SET_RULES = _given.on_conflict_do_update(index_elements=["owner"], set_={"rules": _given.excluded.rules, "set_order": _newest}).returning(
    _RULES.c.owner
)

COUNT_FAILURES = select(func.count().label("count")).where(col(MockFailureRow.owner) == _OWNER)
_bodies = func.unnest(bindparam("failures", type_=ARRAY(Text))).table_valued("body", with_ordinality="at").render_derived()
QUEUE_FAILURES = (
    insert(_FAILURES).from_select(["owner", "failure"], select(_OWNER, _bodies.c.body).order_by(_bodies.c.at)).returning(_FAILURES.c.id)
)
DROP_OLDEST_FAILURES = delete(_FAILURES).where(_FAILURES.c.id <= bindparam("last", type_=BigInteger)).returning(_FAILURES.c.id)
_oldest = select(_FAILURES.c.id).where(_FAILURES.c.owner == _OWNER).order_by(_FAILURES.c.id).limit(1)
# Two nodes that take at the same moment take two different ones.
TAKE_FAILURE = (
    delete(_FAILURES).where(_FAILURES.c.id == _oldest.with_for_update(skip_locked=True).scalar_subquery()).returning(_FAILURES.c.failure)
)
QUEUED_FAILURES = select(_FAILURES.c.failure).where(_FAILURES.c.owner == _OWNER).order_by(_FAILURES.c.id)
OWNERS_WITH_FAILURES = select(_FAILURES.c.owner).distinct()
DROP_FAILURES = delete(_FAILURES).where(_FAILURES.c.owner == _OWNER).returning(_FAILURES.c.id)

# --- rows that are kept no longer ---

_CONVERSATIONS = ConversationRow.__table__  # type: ignore[attr-defined]
_MOMENT = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds", type_=Float))
# Without an index of its own, which each message would have to keep: it reads the whole table, once an hour.
INACTIVE = (
    select(col(ConversationRow.owner), col(ConversationRow.id))
    .where(col(ConversationRow.deleted_at).is_(None), col(ConversationRow.updated_at) < _MOMENT)
    .order_by(col(ConversationRow.updated_at))
    .limit(_LIMIT)
)
DROP_TOMBSTONES = delete(_CONVERSATIONS).where(_CONVERSATIONS.c.deleted_at < _MOMENT).returning(_CONVERSATIONS.c.id)
