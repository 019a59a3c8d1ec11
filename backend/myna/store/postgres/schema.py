"""Which schema this code needs, and whether a database has it. Alembic is not imported here: that takes half a second of a start."""

import asyncpg

REVISION = "0003"  # of the newest script in migrations/versions; a test compares the two

_TABLE_EXISTS = "SELECT to_regclass('alembic_version') IS NOT NULL"
_REVISION = "SELECT version_num FROM alembic_version"


async def schema_trouble(connection: asyncpg.Connection) -> str | None:
    """What is wrong with the schema, as one sentence; None when it is the one that this code needs."""
    current = await connection.fetchval(_REVISION) if await connection.fetchval(_TABLE_EXISTS) else None
    if current == REVISION:
        return None
    found = f"is at {current}" if current else "is empty"
    return f"The database schema {found}, and this version needs {REVISION}: run `myna migrate`."
