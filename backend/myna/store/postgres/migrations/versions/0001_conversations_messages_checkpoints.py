"""Conversations, messages, checkpoints, and the facts that were refused."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("owner", sa.Uuid(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("deleted_at", MOMENT),
    )
    op.create_index(
        "conversations_by_activity", "conversations", ["owner", "updated_at", "id"], postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_table(
        "messages",
        sa.Column("owner", sa.Uuid(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("ord", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("attempt", sa.Integer()),
        sa.Column("parts", sa.Integer()),
        sa.Column("finish_reason", sa.Text()),
        sa.Column("queued_ms", sa.BigInteger()),
        sa.Column("first_part_ms", sa.BigInteger()),
        sa.Column("total_ms", sa.BigInteger()),
        sa.Column("worker", sa.Text()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("error_retryable", sa.Boolean()),
        sa.Column("stored_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
    )
    op.create_index("messages_by_turn", "messages", ["owner", "conversation_id", "turn", "ord"])
    op.create_index("messages_by_ord", "messages", ["owner", "ord"])
    op.create_index("messages_by_word", "messages", ["words"], postgresql_using="gin")
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("low_offset", sa.BigInteger(), nullable=False),
        sa.Column("low_line", sa.Integer(), nullable=False),
        sa.Column("high_offset", sa.BigInteger(), nullable=False),
        sa.Column("high_line", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
    )
    op.create_table(
        "refused_facts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    for table in ("refused_facts", "checkpoints", "messages", "conversations"):
        op.drop_table(table)
