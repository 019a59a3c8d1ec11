"""The statements that read rows, what a page begins with, and what their rows mean. Runs nothing itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from myna.store import pagination
from myna.store.port import IdempotencyRecord, SearchFilter
from myna.store.postgres.compiled import statement
from myna.store.postgres.row_mapping import MESSAGE_OF_KEY, REPLY_OF_KEY

_LAST = 2**63 - 1
# Where a first page begins: behind everything.
NEWEST_MESSAGE = pagination.MessagesPageToken(_LAST, _LAST)
NEWEST_CONVERSATION = pagination.ConversationsPageToken(datetime.max.replace(tzinfo=UTC), "f" * 8 + 3 * "-ffff" + "-" + "f" * 12)
NEWEST_HIT = pagination.SearchPageToken(_LAST)

PROBE = statement("PROBE")
CHECKPOINT = statement("CHECKPOINT")
IDEMPOTENCY_RECORDS = statement("IDEMPOTENCY_RECORDS")
CONVERSATIONS_PAGE = statement("CONVERSATIONS_PAGE")
CONVERSATION = statement("CONVERSATION")
MESSAGES_PAGE = statement("MESSAGES_PAGE")
PATH = statement("PATH")
RECENT_HITS = statement("RECENT_HITS")
OLDER = statement("OLDER")
INDEXED_HITS = statement("INDEXED_HITS")


def narrowed(only: SearchFilter) -> dict[str, Any]:
    """The parameters of a search that is narrowed to this."""
    since, until = only.since or datetime.min.replace(tzinfo=UTC), only.until or datetime.max.replace(tzinfo=UTC)
    return {"role": only.role, "since": since, "until": until}


def idempotency_record_of(row: Mapping[str, Any]) -> IdempotencyRecord:
    """A row of `IDEMPOTENCY_RECORDS`."""
    message = None if row["message_id"] is None else MESSAGE_OF_KEY.view(row)
    reply = None if row["reply_id"] is None else REPLY_OF_KEY.view(row)
    return IdempotencyRecord(message, reply, row["conversation_deleted"])
