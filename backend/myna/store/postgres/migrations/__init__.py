"""The history of the schema, and the way to its newest revision. Reads and writes no rows of ours."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from myna.protocol.errors import StartupError
from myna.store.postgres.connection import DATABASE_ERRORS, asyncpg_dsn, connect, unavailable

Tell = Callable[[str, str], None]

MIGRATE_LOCK = 0x6D796E62  # the advisory lock's number: one after "myna"
WAIT_S = 60  # how long one `migrate` waits for another, and for the locks of running statements
STEP_S = 3600  # how long one statement of a migration may take: an index over a large table does


def config() -> Config:
    """Alembic's settings, made in code: the scripts lie inside this package, wherever it is installed."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _silent(revision: str, about: str) -> None:
    pass


async def migrate(url: str, revision: str = "head", *, tell: Tell = _silent) -> str:
    """Bring the schema to head (or another revision) and return the revision reached. Safe to run twice at once.

    `tell` is called after each step with its revision and the sentence that describes it; all steps are one transaction.

    Raises `StartupError` for a wrong URL or a schema that is newer than this code, `StoreUnavailable` when the database is away.
    """
    dsn = asyncpg_dsn(url)

    async def creator() -> object:
        return await connect(dsn, command_s=STEP_S, settings={"lock_timeout": f"{WAIT_S}s"})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=creator, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATE_LOCK})
            return await connection.run_sync(_move, revision, tell)
    except DBAPIError as error:
        raise unavailable((error.orig and error.orig.__cause__) or error) from error  # the driver's own error
    except DATABASE_ERRORS as error:
        raise unavailable(error) from error
    finally:
        await engine.dispose()


def _move(connection: Connection, revision: str, tell: Tell) -> str:
    settings = config()
    settings.attributes.update(connection=connection, tell=tell)
    scripts = ScriptDirectory.from_config(settings)
    known = {script.revision for script in scripts.walk_revisions()}
    current = revision_of(connection)
    if current is not None and current not in known:
        raise StartupError(f"The database schema is at {current}, which this version of Myna does not know: run a newer version.")
    if revision == "base":
        command.downgrade(settings, revision)
    else:
        command.upgrade(settings, revision)
    return revision_of(connection) or "base"
