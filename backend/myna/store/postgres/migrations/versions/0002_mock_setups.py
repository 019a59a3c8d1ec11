"""What owners set the mock AI to: rules and queued failures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mock_rules",
        sa.Column("owner", sa.Uuid(), primary_key=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("set_order", sa.BigInteger(), sa.Identity(always=False), nullable=False),
    )
    op.create_table(
        "mock_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
    )
    op.create_index("mock_failures_by_owner", "mock_failures", ["owner", "id"])


def downgrade() -> None:
    for table in ("mock_failures", "mock_rules"):
        op.drop_table(table)
