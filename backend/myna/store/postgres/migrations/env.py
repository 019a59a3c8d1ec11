"""Run by Alembic on the connection that `migrate` holds, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

from myna.store.postgres import tables  # noqa: F401 (declares the tables in the metadata)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
