"""Run by Alembic on the connection that `migrate` holds, inside its transaction."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

from myna.store.postgres import tables  # noqa: F401 (declares the tables in the metadata)

attributes = context.config.attributes


def tell(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """Alembic has made a step."""
    attributes["tell"](step.up_revision_id if step.is_upgrade else f"back from {step.up_revision_id}", step.up_revision.doc)


context.configure(
    connection=attributes["connection"], target_metadata=SQLModel.metadata, compare_server_default=True, on_version_apply=tell
)
with context.begin_transaction():
    context.run_migrations()
