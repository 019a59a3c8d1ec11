"""Facts written as rows, in bulk: messages by COPY, and statements that take one array per column and store a whole batch.

Runs inside a transaction of the writer lock's holder, which makes it the only writer. Three passes: deletions first (a
tombstone keeps all that comes later out), then messages and replies, then titles.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import assert_never

import asyncpg
from msgspec import UNSET

from myna.protocol.message_tree import newest_reply, with_parents
from myna.protocol.timestamps import rfc3339
from myna.protocol.views import ConversationView, MessageView
from myna.slices import sliced
from myna.store.conversation_summary import with_message
from myna.store.port import Deleted, Fact, Renamed
from myna.store.postgres.compiled import TABLES
from myna.store.postgres.row_mapping import CONVERSATIONS, MESSAGES, given, in_order, names, written_columns
from myna.store.search_text import lexeme_of, lexemes

ConversationKey = tuple[str, str]  # owner, conversation id
MessageKey = tuple[str, str]  # owner, id of a message or reply

MUCH = 64 * 1024  # characters, of which the lexemes take some 2 ms
_MESSAGE_COLUMNS = written_columns("messages")
_MESSAGE_KEY = [one for one in _MESSAGE_COLUMNS if one.key]
_CONVERSATION = {column.name: column for column in TABLES["conversations"]}
_KEY = [_CONVERSATION["owner"], _CONVERSATION["id"]]
_TITLE = [*_KEY, _CONVERSATION["title"]]

# Reserves a block of numbers at once; nobody else draws from the sequence while we hold the writer lock.
_RESERVE_ORDS = "SELECT setval('messages_ord_seq', nextval('messages_ord_seq') + $1 - 1) - $1 + 1"

# The turn of a reply's message that was stored before.
_TURNS = f"""
SELECT message.owner::text, message.id::text, message.turn FROM {given(_MESSAGE_KEY)}
JOIN messages AS message ON message.owner = given.owner AND message.id = given.id
"""  # noqa: S608 (made of constants)
_DELETED = f"""
SELECT deleted.owner::text, deleted.id::text FROM {given(_KEY)}
JOIN conversations AS deleted ON deleted.owner = given.owner AND deleted.id = given.id AND deleted.deleted_at IS NOT NULL
"""  # noqa: S608 (made of constants)

# The message or reply of each conversation that was stored last.
_NEWEST = f"""
SELECT given.owner::text, given.id::text, newest.id::text AS newest, newest.role FROM {given(_KEY)}
JOIN LATERAL (
  SELECT id, role FROM messages WHERE messages.owner = given.owner AND conversation_id = given.id ORDER BY ord DESC LIMIT 1
) AS newest ON true
"""  # noqa: S608 (made of constants)

_ADD_TO_CONVERSATIONS = f"""
INSERT INTO conversations AS stored ({names(CONVERSATIONS.columns)}) SELECT * FROM {given(CONVERSATIONS.columns)}
ON CONFLICT (owner, id) DO UPDATE SET
  updated_at = greatest(stored.updated_at, excluded.updated_at),
  messages = stored.messages + excluded.messages,
  preview = coalesce(nullif(excluded.preview, ''), stored.preview)
"""  # noqa: S608 (made of constants)

_MARK_DELETED = f"""
INSERT INTO conversations AS stored ({names(CONVERSATIONS.columns)}, deleted_at) SELECT given.*, now() FROM {given(CONVERSATIONS.columns)}
ON CONFLICT (owner, id) DO UPDATE SET title = excluded.title, messages = excluded.messages, preview = excluded.preview, deleted_at = now()
WHERE stored.deleted_at IS NULL
"""  # noqa: S608 (made of constants)
_DELETE_MESSAGES = f"""
DELETE FROM messages USING {given(_KEY)} WHERE messages.owner = given.owner AND messages.conversation_id = given.id
"""  # noqa: S608 (made of constants)
# What the database once refused of these conversations. By text, as JSON that Postgres can't read may stand there; there are few rows.
_DELETE_REFUSED = f"""
DELETE FROM refused_facts USING {given(_KEY)} WHERE position(given.id::text IN body) > 0 AND position(given.owner::text IN body) > 0
"""  # noqa: S608 (made of constants)
_RENAME = f"""
UPDATE conversations SET title = given.title FROM {given(_TITLE)}
WHERE conversations.owner = given.owner AND conversations.id = given.id AND deleted_at IS NULL
"""  # noqa: S608 (made of constants)


async def write(connection: asyncpg.Connection, facts: Sequence[Fact]) -> None:
    """Store these facts; of a message that is there already, or twice among them, the first stays.

    Raises what asyncpg raises, or `ValueError` for a timestamp that is not RFC 3339; the caller rolls back then.
    """
    deleted: set[ConversationKey] = set()
    messages: dict[tuple[str, str], MessageView] = {}
    titles: dict[ConversationKey, str] = {}
    for fact in facts:
        match fact:
            case MessageView():
                messages.setdefault((fact.owner, fact.id), fact)
            case Renamed():
                titles[fact.owner, fact.conversation_id] = fact.title
            case Deleted():
                deleted.add((fact.owner, fact.conversation_id))
            case _:
                assert_never(fact)
    if deleted:
        await _delete(connection, deleted)
    if messages:
        await _add(connection, list(messages.values()))
    if titles:
        owners, ids = zip(*titles, strict=True)
        await connection.execute(_RENAME, *in_order(_TITLE, {"owner": owners, "id": ids, "title": list(titles.values())}))


async def _delete(connection: asyncpg.Connection, deleted: Iterable[ConversationKey]) -> None:
    now = rfc3339(datetime.now(UTC))
    tombstones = CONVERSATIONS.arrays([ConversationView(owner, id_, "", now, now, 0, "") for owner, id_ in deleted])
    await connection.execute(_MARK_DELETED, *in_order(CONVERSATIONS.columns, tombstones))
    await connection.execute(_DELETE_MESSAGES, *in_order(_KEY, tombstones))
    await connection.execute(_DELETE_REFUSED, *in_order(_KEY, tombstones))


async def _add(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> None:
    """Store messages and replies, and add those that were new to their conversations' lines."""
    messages = await _of_conversations_not_deleted(connection, messages)
    if any(message.parent_id is UNSET for message in messages):
        messages = with_parents(messages, await _newest_replies(connection, messages))
    try:
        async with connection.transaction():
            await _copy(connection, messages)
    except asyncpg.UniqueViolationError:
        stored = await _turns(connection, [(message.owner, message.id) for message in messages])
        messages = [message for message in messages if (message.owner, message.id) not in stored]
        await _copy(connection, messages)
    conversations: dict[ConversationKey, ConversationView] = {}
    for message in messages:
        key = message.owner, message.conversation_id
        conversations[key] = with_message(conversations.get(key), message)
    if conversations:
        lines = CONVERSATIONS.arrays(list(conversations.values()))
        await connection.execute(_ADD_TO_CONVERSATIONS, *in_order(CONVERSATIONS.columns, lines))


async def _copy(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> None:
    """Insert messages by COPY, which takes a third of the time of an INSERT, and fails where one is stored already."""
    if not messages:
        return
    first: int = await connection.fetchval(_RESERVE_ORDS, len(messages))
    ords = {(message.owner, message.id): ord_ for ord_, message in enumerate(messages, first)}
    # A reply takes the turn of its message, which may have been stored long before.
    missing = {(row.owner, row.message_id) for row in messages if row.message_id is not None} - ords.keys()
    turns = ords | await _turns(connection, missing)
    arrays = MESSAGES.arrays(messages) | {
        "ord": list(ords.values()),
        "turn": [turns.get((row.owner, row.message_id or row.id), ord_) for row, ord_ in zip(messages, ords.values(), strict=True)],
        "words": await _words(messages),
    }
    # What is null in all rows, of failures and options mostly, need not be sent.
    columns = [column.name for column in _MESSAGE_COLUMNS if any(value is not None for value in arrays[column.name])]
    rows = zip(*(arrays[column] for column in columns), strict=True)
    try:
        await connection.copy_records_to_table("messages", records=rows, columns=columns)
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


async def _turns(connection: asyncpg.Connection, keys: Collection[MessageKey]) -> dict[MessageKey, int]:
    """The turns of those of these messages that are stored."""
    if not keys:
        return {}
    owners, ids = zip(*keys, strict=True)
    rows = await connection.fetch(_TURNS, *in_order(_MESSAGE_KEY, {"owner": owners, "id": ids}))
    return {(row["owner"], row["id"]): row["turn"] for row in rows}


async def _of_conversations_not_deleted(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> Sequence[MessageView]:
    owners, ids = zip(*{(one.owner, one.conversation_id) for one in messages}, strict=True)
    rows = await connection.fetch(_DELETED, *in_order(_KEY, {"owner": owners, "id": ids}))
    deleted = {(row["owner"], row["id"]) for row in rows}
    return [one for one in messages if (one.owner, one.conversation_id) not in deleted] if deleted else messages


async def _newest_replies(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> dict[ConversationKey, str]:
    """The id of the newest reply of each conversation that has rows, and that one of these messages follows without saying so."""
    owners, ids = zip(*{(one.owner, one.conversation_id) for one in messages if one.parent_id is UNSET}, strict=True)
    rows = await connection.fetch(_NEWEST, *in_order(_KEY, {"owner": owners, "id": ids}))
    return {(row["owner"], row["id"]): newest_reply(row["owner"], row["newest"], row["role"]) for row in rows}


async def _words(messages: Sequence[MessageView]) -> list[bytes]:
    """The lexemes of each, in slices of the event loop where it is much text: a long import, or what an outage left."""
    if sum(len(message.text) for message in messages) <= MUCH:
        return [_words_of(message) for message in messages]
    words = []
    async with sliced() as pause:
        for message in messages:
            words.append(_words_of(message))
            await pause()
    return words


def _words_of(message: MessageView) -> bytes:
    """The lexemes as a tsvector in Postgres' binary format: their number, then each with a NUL and the number of its positions, none."""
    words = lexemes(message.text)
    words.add(lexeme_of(message.owner))
    return len(words).to_bytes(4, "big") + ("\0\0\0".join(words) + "\0\0\0").encode()
