"""Door: facts to rows, in bulk. Runs inside the transaction of recording.py, whose seat makes it the only writer.

Three passes, each a statement over arrays: deletions (a tombstone keeps all that comes later out), what was said, new titles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from myna.protocol.titles import title_from
from myna.protocol.views import MessageView, preview_of
from myna.store.port import Deleted, Fact, Renamed
from myna.store.search_text import lexeme_of, lexemes

# Reserves a block of numbers at once; nobody else draws from the sequence while we have the seat.
_CLAIM = "SELECT setval('messages_ord_seq', nextval('messages_ord_seq') + $1 - 1) - $1 + 1"

_COLUMNS = {
    "owner": "uuid",
    "id": "uuid",
    "conversation_id": "uuid",
    "ord": "bigint",
    "turn": "bigint",
    "role": "text",
    "text": "text",
    "status": "text",
    "created_at": "timestamptz",
    "message_id": "uuid",
    "attempt": "int",
    "parts": "int",
    "finish_reason": "text",
    "queued_ms": "bigint",
    "first_part_ms": "bigint",
    "total_ms": "bigint",
    "worker": "text",
    "error_code": "text",
    "error_detail": "text",
    "error_retryable": "bool",
    "words": "text",
}
_TURN, _WORDS = "coalesce(asked.turn, given.turn)", "array_to_tsvector(string_to_array(given.words, ' '))"
_VALUES = [{"turn": _TURN, "words": _WORDS}.get(name, f"given.{name}") for name in _COLUMNS]
_INSERT = f"""
WITH stored AS (
  INSERT INTO messages ({", ".join(_COLUMNS)})
  SELECT {", ".join(_VALUES)}
  FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), 1))}) AS given ({", ".join(_COLUMNS)})
  LEFT JOIN messages AS asked ON asked.owner = given.owner AND asked.id = given.message_id
  WHERE NOT EXISTS (
    SELECT FROM conversations AS gone
    WHERE gone.owner = given.owner AND gone.id = given.conversation_id AND gone.deleted_at IS NOT NULL
  )
  ON CONFLICT DO NOTHING RETURNING ord
)
SELECT coalesce(array_agg(ord ORDER BY ord), '{{}}') FROM stored
"""  # noqa: S608 (made of constants)

_COUNT = """
INSERT INTO conversations AS had (owner, id, title, created_at, updated_at, messages, preview)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[])
ON CONFLICT (owner, id) DO UPDATE SET
  updated_at = greatest(had.updated_at, excluded.updated_at),
  messages = had.messages + excluded.messages,
  preview = coalesce(nullif(excluded.preview, ''), had.preview)
"""

_BURY = """
INSERT INTO conversations (owner, id, title, created_at, updated_at, messages, preview, deleted_at)
SELECT owner, id, '', now(), now(), 0, '', now() FROM unnest($1::uuid[], $2::uuid[]) AS given (owner, id)
ON CONFLICT (owner, id) DO UPDATE SET title = '', messages = 0, preview = '', deleted_at = now()
WHERE conversations.deleted_at IS NULL
"""
_EMPTY = """
DELETE FROM messages USING unnest($1::uuid[], $2::uuid[]) AS given (owner, id)
WHERE messages.owner = given.owner AND messages.conversation_id = given.id
"""
_RENAME = """
UPDATE conversations SET title = given.title FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given (owner, id, title)
WHERE conversations.owner = given.owner AND conversations.id = given.id AND deleted_at IS NULL
"""


@dataclass(slots=True)
class _Growth:
    """What a batch adds to one conversation."""

    title: str
    created_at: datetime
    updated_at: datetime
    messages: int = 0
    preview: str = ""


async def write(connection: asyncpg.Connection, facts: Sequence[Fact]) -> None:
    """Store these facts. Raises what asyncpg raises, or ValueError for a moment that is none; the caller rolls back then."""
    if gone := {(fact.owner, fact.conversation_id) for fact in facts if isinstance(fact, Deleted)}:
        await connection.execute(_BURY, *_turned(gone))
        await connection.execute(_EMPTY, *_turned(gone))
    said: dict[tuple[str, str], MessageView] = {}
    for fact in facts:
        if isinstance(fact, MessageView):
            said.setdefault((fact.owner, fact.id), fact)
    if said:
        await _say(connection, said)
    if renamed := {(fact.owner, fact.conversation_id): fact for fact in facts if isinstance(fact, Renamed)}:
        await connection.execute(_RENAME, *_turned(renamed.values()))


async def _say(connection: asyncpg.Connection, said: dict[tuple[str, str], MessageView]) -> None:
    first: int = await connection.fetchval(_CLAIM, len(said))
    ords = dict(zip(said, range(first, first + len(said)), strict=True))
    rows = [_row(view, ords) for view in said.values()]
    stored: list[int] = await connection.fetchval(_INSERT, *_turned(rows))
    views = list(said.values())
    grown: dict[tuple[str, str], _Growth] = {}
    for ord_ in stored:
        view, created_at = views[ord_ - first], rows[ord_ - first][8]
        growth = grown.get((view.owner, view.conversation_id))
        if growth is None:
            title = title_from(view.text) if view.text.strip() else ""
            growth = grown[view.owner, view.conversation_id] = _Growth(title, created_at, created_at)
        growth.updated_at = max(growth.updated_at, created_at)
        growth.messages += 1
        growth.preview = preview_of(view.text) or growth.preview
    if grown:
        lines = [(*key, one.title, one.created_at, one.updated_at, one.messages, one.preview) for key, one in grown.items()]
        await connection.execute(_COUNT, *_turned(lines))


def _row(view: MessageView, ords: dict[tuple[str, str], int]) -> tuple[Any, ...]:
    """A view as a row, in the order of `_COLUMNS`. A reply's turn is right unless its message is stored already: then SQL says so."""
    ord_ = ords[view.owner, view.id]
    timings, error = view.timings, view.error
    return (
        view.owner,
        view.id,
        view.conversation_id,
        ord_,
        ords.get((view.owner, view.message_id or ""), ord_),
        view.role,
        view.text,
        view.status,
        datetime.fromisoformat(view.created_at),
        view.message_id,
        view.attempt,
        view.parts,
        view.finish_reason,
        timings.queued_ms if timings else None,
        timings.first_part_ms if timings else None,
        timings.total_ms if timings else None,
        view.worker,
        error.code if error else None,
        error.detail if error else None,
        error.retryable if error else None,
        " ".join((lexeme_of(view.owner), *lexemes(view.text))),
    )


def _turned(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as columns."""
    return list(zip(*rows, strict=True))
