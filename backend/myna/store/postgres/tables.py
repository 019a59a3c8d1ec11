"""The tables as SQLModel classes: the only place that lists their columns, and the indexes that the queries stand on.

Reads and writes derive their column lists from here (row_mapping.py). To add a column: a line here, a field in the view
that it belongs to, and a migration.

Sizes the indexes are made for: one owner with a million messages, and a hundred thousand owners with ten each.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

ID = Uuid(as_uuid=False)  # a UUID column, as text on our side
TIMESTAMP = DateTime(timezone=True)


class ConversationRow(SQLModel, table=True):
    """One line of the conversation list; once deleted, a tombstone that keeps late messages out."""

    __tablename__ = "conversations"
    __table_args__ = (Index("conversations_by_activity", "owner", "updated_at", "id", postgresql_where=text("deleted_at IS NULL")),)

    owner: str = Field(sa_type=ID, primary_key=True)
    id: str = Field(sa_type=ID, primary_key=True)
    title: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    updated_at: datetime = Field(sa_type=TIMESTAMP)
    messages: int
    preview: str = Field(sa_type=Text)
    deleted_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class MessageRow(SQLModel, table=True):
    """A message or a reply. The columns from `message_id` to `error_retryable` are a reply's only."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("messages_by_turn", "owner", "conversation_id", "turn", "ord"),
        Index("messages_by_ord", "owner", "ord"),
        Index("messages_by_word", "words", postgresql_using="gin"),
    )

    owner: str = Field(sa_type=ID, primary_key=True)
    id: str = Field(sa_type=ID, primary_key=True)
    conversation_id: str = Field(sa_type=ID)
    # The order of storing, which is the log's. `turn` is the `ord` of the message a row belongs to (a message's own), so that
    # `ORDER BY turn, ord` puts each message before its replies, one regenerated a week later too.
    ord: int = Field(sa_column=Column(BigInteger, Identity(always=False), nullable=False))
    turn: int = Field(sa_type=BigInteger)
    role: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    message_id: str | None = Field(default=None, sa_type=ID)
    attempt: int | None = None
    parts: int | None = None
    finish_reason: str | None = Field(default=None, sa_type=Text)
    queued_ms: int | None = Field(default=None, sa_type=BigInteger)
    first_part_ms: int | None = Field(default=None, sa_type=BigInteger)
    total_ms: int | None = Field(default=None, sa_type=BigInteger)
    worker: str | None = Field(default=None, sa_type=Text)
    error_code: str | None = Field(default=None, sa_type=Text)
    error_detail: str | None = Field(default=None, sa_type=Text)
    error_retryable: bool | None = None
    stored_at: datetime = Field(sa_column=Column(TIMESTAMP, server_default=func.now(), nullable=False))
    parent_id: str | None = Field(default=None, sa_type=ID)  # of a reply: its message; null: at the root of the conversation's tree
    option_profile: str | None = Field(default=None, sa_type=Text)
    option_seed: int | None = Field(default=None, sa_type=BigInteger)
    option_scenario: str | None = Field(default=None, sa_type=Text)
    # The lexemes of search_text.py and one for the owner: that keeps a search inside its owner without an extension for mixed GIN keys.
    words: str = Field(sa_type=TSVECTOR)


class CheckpointRow(SQLModel, table=True):
    """How far the log was stored at a moment; the newest `id` is the truth, older ones are places to start reading from."""

    __tablename__ = "checkpoints"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=TIMESTAMP)
    epoch: str = Field(sa_type=Text)
    low_offset: int = Field(sa_type=BigInteger)
    low_line: int
    high_offset: int = Field(sa_type=BigInteger)
    high_line: int
    mark: str = Field(sa_type=Text)


class RefusedFactRow(SQLModel, table=True):
    """A fact that the database refused, kept whole for a person to look at."""

    __tablename__ = "refused_facts"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime | None = Field(default=None, sa_column=Column(TIMESTAMP, server_default=func.now(), nullable=False))
    kind: str = Field(sa_type=Text)
    # Text, not jsonb: ASCII JSON with escapes holds what jsonb refuses (NUL, lone surrogates), which is why most facts end here.
    body: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class MockRulesRow(SQLModel, table=True):
    """The rules that an owner set for the mock AI's replies to its own messages."""

    __tablename__ = "mock_rules"

    owner: str = Field(sa_type=ID, primary_key=True)
    rules: str = Field(sa_type=Text)
    # When they were set: of too many, the oldest go first.
    set_order: int = Field(sa_column=Column(BigInteger, Identity(always=False), nullable=False))


class MockFailureRow(SQLModel, table=True):
    """A failure that waits for its owner's next request."""

    __tablename__ = "mock_failures"
    __table_args__ = (Index("mock_failures_by_owner", "owner", "id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    owner: str = Field(sa_type=ID)
    failure: str = Field(sa_type=Text)
