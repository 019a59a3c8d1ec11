"""The role that nodes log in as: it may read and write rows, and nothing else."""

from urllib.parse import unquote, urlsplit

from myna.store.postgres.connection import DATABASE_ERRORS, asyncpg_dsn, connect, unavailable

STATEMENT_S = 30  # granting waits for locks of running statements at most so long

GRANTS = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    # UPDATE, because a batch reserves its messages' numbers by `setval`.
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # The schema's version is read at every start; only a migration writes it.
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
)


async def grant_rows(owner_url: str, app_url: str) -> str:
    """Make the role that `app_url` names, with its password, and grant it the rows of the schema; returns its name.

    `owner_url` is that of the schema's owner. Safe to repeat. Raises `StartupError` for a wrong URL, `StoreUnavailable` when
    the database is away.
    """
    parts = urlsplit(app_url)
    role, password = unquote(parts.username or ""), unquote(parts.password or "")
    try:
        connection = await connect(asyncpg_dsn(owner_url), command_s=STATEMENT_S, settings={})
    except DATABASE_ERRORS as error:
        raise unavailable(error) from error
    try:
        async with connection.transaction():
            exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if exists else "CREATE"
            # Names and passwords are no parameters in these statements; Postgres itself quotes them.
            statement = f"SELECT format('{verb} ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)"
            await connection.execute(await connection.fetchval(statement, role, password))
            names = await connection.fetchrow("SELECT quote_ident($1) AS role, quote_ident(current_database()) AS database", role)
            for grant in GRANTS:
                await connection.execute(grant.format(role=names["role"], database=names["database"]))
    except DATABASE_ERRORS as error:
        raise unavailable(error) from error
    finally:
        await connection.close()
    return role
