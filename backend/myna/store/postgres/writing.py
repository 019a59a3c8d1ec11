"""Facts written as rows, in bulk: each statement takes one array per column and stores a whole batch.

Runs inside a transaction of the writer lock's holder, which makes it the only writer. Three passes: deletions first (a
tombstone keeps all that comes later out), then messages and replies, then titles.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, assert_never

import asyncpg
from msgspec import UNSET
from sqlalchemy import inspect

from myna.protocol.message_tree import newest_reply, with_parents
from myna.protocol.timestamps import rfc3339
from myna.protocol.views import ConversationView, MessageView
from myna.slices import sliced
from myna.store.conversation_summary import with_message
from myna.store.port import Deleted, Fact, Renamed
from myna.store.postgres.row_mapping import CONVERSATIONS, MESSAGES, given, in_order, names, written_columns
from myna.store.postgres.tables import ConversationRow, MessageRow
from myna.store.search_text import lexeme_of, lexemes

ConversationKey = tuple[str, str]  # owner, conversation id

MUCH = 64 * 1024  # characters, of which the lexemes take some 2 ms
_MESSAGE_COLUMNS = written_columns(MessageRow)
_CONVERSATION = inspect(ConversationRow).columns
_KEY = [_CONVERSATION["owner"], _CONVERSATION["id"]]
_TITLE = [*_KEY, _CONVERSATION["title"]]

# Reserves a block of numbers at once; nobody else draws from the sequence while we hold the writer lock.
_RESERVE_ORDS = "SELECT setval('messages_ord_seq', nextval('messages_ord_seq') + $1 - 1) - $1 + 1"

# A reply takes the turn of its message, which may have been stored long before.
_COMPUTED = {"turn": "coalesce(message.turn, given.turn)", "words": "array_to_tsvector(string_to_array(given.words, ' '))"}
_INSERT_MESSAGES = f"""
WITH stored AS (
  INSERT INTO messages ({names(_MESSAGE_COLUMNS)})
  SELECT {", ".join(_COMPUTED.get(column.name, f"given.{column.name}") for column in _MESSAGE_COLUMNS)}
  FROM {given(_MESSAGE_COLUMNS)}
  LEFT JOIN messages AS message ON message.owner = given.owner AND message.id = given.message_id
  WHERE NOT EXISTS (
    SELECT FROM conversations AS deleted
    WHERE deleted.owner = given.owner AND deleted.id = given.conversation_id AND deleted.deleted_at IS NOT NULL
  )
  ON CONFLICT DO NOTHING RETURNING ord
)
SELECT coalesce(array_agg(ord ORDER BY ord), '{{}}') FROM stored
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


async def _add(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> None:
    """Store messages and replies, and add those that were new to their conversations' lines."""
    if any(message.parent_id is UNSET for message in messages):
        messages = with_parents(messages, await _newest_replies(connection, messages))
    first: int = await connection.fetchval(_RESERVE_ORDS, len(messages))
    arrays = in_order(_MESSAGE_COLUMNS, await _message_arrays(messages, first))
    stored: list[int] = await connection.fetchval(_INSERT_MESSAGES, *map(_without_last_nulls, arrays))
    conversations: dict[ConversationKey, ConversationView] = {}
    for ord_ in stored:
        message = messages[ord_ - first]
        key = message.owner, message.conversation_id
        conversations[key] = with_message(conversations.get(key), message)
    if conversations:
        lines = CONVERSATIONS.arrays(list(conversations.values()))
        await connection.execute(_ADD_TO_CONVERSATIONS, *in_order(CONVERSATIONS.columns, lines))


async def _newest_replies(connection: asyncpg.Connection, messages: Sequence[MessageView]) -> dict[ConversationKey, str]:
    """The id of the newest reply of each conversation that has rows, and that one of these messages follows without saying so."""
    owners, ids = zip(*{(one.owner, one.conversation_id) for one in messages if one.parent_id is UNSET}, strict=True)
    rows = await connection.fetch(_NEWEST, *in_order(_KEY, {"owner": owners, "id": ids}))
    return {(row["owner"], row["id"]): newest_reply(row["owner"], row["newest"], row["role"]) for row in rows}


async def _message_arrays(messages: Sequence[MessageView], first: int) -> dict[str, list[Any]]:
    """The columns of all messages, numbered in storing order.

    A reply's turn is right when its message is among them; where that is stored already, SQL says so.
    """
    # Those with few nulls first: nulls at the end of an array are not sent.
    rows = sorted(messages, key=attrgetter("role"))
    ords = {(message.owner, message.id): ord_ for ord_, message in enumerate(messages, first)}
    own = [ords[row.owner, row.id] for row in rows]
    return MESSAGES.arrays(rows) | {
        "ord": own,
        "turn": [ords.get((row.owner, row.message_id or ""), ord_) for ord_, row in zip(own, rows, strict=True)],
        "words": await _words(rows),
    }


def _without_last_nulls(array: list[Any]) -> list[Any]:
    """An array of `given` without the nulls at its end, which unnest fills in: each takes half a microsecond to send."""
    end = len(array)
    while end and array[end - 1] is None:
        end -= 1
    return array[:end]


async def _words(messages: Sequence[MessageView]) -> list[str]:
    """The lexemes of each, in slices of the event loop where it is much text: a long import, or what an outage left."""
    if sum(len(message.text) for message in messages) <= MUCH:
        return [_words_of(message) for message in messages]
    words = []
    async with sliced() as pause:
        for message in messages:
            words.append(_words_of(message))
            await pause()
    return words


def _words_of(message: MessageView) -> str:
    return " ".join((lexeme_of(message.owner), *lexemes(message.text)))
