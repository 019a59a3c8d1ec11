"""What the schema promises: the models are its head, and the way there and back works from anywhere."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from myna.protocol.errors import StartupError, StoreUnavailable
from myna.store.postgres import tables
from myna.store.postgres.migrations import migrate
from myna.store.postgres.schema import REVISION
from myna.store.postgres.store import PostgresStore

OUR_TABLES = {"alembic_version", "checkpoints", "conversations", "messages", "refused_facts", "mock_rules", "mock_failures"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    found: list[object] = list(compare_metadata(context, SQLModel.metadata))
    for name, table in SQLModel.metadata.tables.items():  # Alembic does not compare primary keys
        key = inspect(connection).get_pk_constraint(name)["constrained_columns"]
        if key != [column.name for column in table.primary_key]:
            found.append((name, key, table.primary_key))
    return found


async def tables_of(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {row[0] for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'")}
    finally:
        await connection.close()


async def check(url: str) -> str | None:
    """What is wrong with a database's schema, as a start would say it."""
    store = PostgresStore(url)
    try:
        await store.check_schema()
    except StartupError as error:
        return str(error)
    finally:
        await store.close()
    return None


async def test_the_models_are_what_the_migrations_make(empty_database_url: str) -> None:
    assert tables.MessageRow.metadata is SQLModel.metadata
    await migrate(empty_database_url)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(empty_database_url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_up_down_and_up_again_leads_to_the_same_place(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == REVISION
    assert await tables_of(empty_database_url) == OUR_TABLES
    assert await migrate(empty_database_url, "base") == "base"
    assert await tables_of(empty_database_url) == {"alembic_version"}
    assert await migrate(empty_database_url) == REVISION
    assert await tables_of(empty_database_url) == OUR_TABLES


async def test_many_may_migrate_at_once(empty_database_url: str) -> None:
    assert await asyncio.gather(*(migrate(empty_database_url) for _ in range(5))) == [REVISION] * 5


async def test_a_start_says_what_is_wrong_with_the_schema(empty_database_url: str) -> None:
    assert "is empty" in (await check(empty_database_url) or "")
    assert "myna migrate" in (await check(empty_database_url) or "")
    await migrate(empty_database_url)
    assert await check(empty_database_url) is None
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("update alembic_version set version_num = 'of_tomorrow'")
    await connection.close()
    assert "of_tomorrow" in (await check(empty_database_url) or "")
    with pytest.raises(StartupError, match="run a newer version"):
        await migrate(empty_database_url)


async def test_migrating_needs_no_particular_folder(empty_database_url: str, tmp_path: Path) -> None:
    program = "import asyncio, sys; from myna.store.postgres.migrations import migrate; print(asyncio.run(migrate(sys.argv[1])))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-W", "error", "-c", program, empty_database_url]
    done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (REVISION, "")


@pytest.mark.parametrize("url", ["", "mysql://x", "postgresql", "postgresql://", "sqlite:///x", "postgresql://h:port/d"])
async def test_a_url_that_is_not_postgres_is_refused_by_the_settings_name(url: str) -> None:
    with pytest.raises(StartupError, match="CHAT_DATABASE_URL"):
        PostgresStore(url)
    with pytest.raises(StartupError, match="CHAT_DATABASE_URL"):
        await migrate(url)


async def test_migrating_an_absent_database_says_so() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await migrate("postgresql://somebody@/nowhere?host=/nonexistent")


async def test_each_step_of_a_migration_is_told(empty_database_url: str) -> None:
    told: list[tuple[str, str]] = []
    reached = await migrate(empty_database_url, tell=lambda revision, about: told.append((revision, about)))
    assert [revision for revision, _ in told] == [f"{number:04}" for number in range(1, int(reached) + 1)]
    assert told[0][1] == "Conversations, messages, checkpoints, and the facts that were refused."
    await migrate(empty_database_url, tell=lambda revision, about: told.append((revision, about)))
    assert len(told) == int(reached)
