"""What each message follows, and the options it was sent with. Conversations so far are chains."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A message follows the newest reply before it; one that came before any reply did, the message before it.
CHAIN = """
UPDATE messages SET parent_id = coalesce(messages.message_id, before.id)
FROM (
  SELECT owner, id, coalesce(
    max(ord) FILTER (WHERE role = 'assistant') OVER earlier, max(ord) FILTER (WHERE role = 'user') OVER earlier
  ) AS parent_ord
  FROM messages
  WINDOW earlier AS (PARTITION BY owner, conversation_id ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS placed
LEFT JOIN messages AS before ON before.owner = placed.owner AND before.ord = placed.parent_ord
WHERE messages.owner = placed.owner AND messages.id = placed.id
"""


def upgrade() -> None:
    op.add_column("messages", sa.Column("parent_id", sa.Uuid()))
    op.add_column("messages", sa.Column("option_profile", sa.Text()))
    op.add_column("messages", sa.Column("option_seed", sa.BigInteger()))
    op.add_column("messages", sa.Column("option_scenario", sa.Text()))
    op.execute(CHAIN)


def downgrade() -> None:
    for name in ("parent_id", "option_profile", "option_seed", "option_scenario"):
        op.drop_column("messages", name)
