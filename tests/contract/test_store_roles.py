"""What the role of a node may do in the database: all that a store needs, and nothing to the schema."""

from uuid import uuid4

import asyncpg
import pytest

from myna.store.port import Deleted, Renamed
from myna.store.postgres.migrations import migrate
from myna.store.postgres.roles import grant_rows
from tests.contract.store_fixtures import PostgresStoreHarness, new_id, reply_to, sent


@pytest.fixture
async def app_url(empty_database_url: str) -> str:
    """The URL of a database at head, for a role that was granted its rows."""
    await migrate(empty_database_url)
    app_url = empty_database_url.replace("//postgres@", f"//app_{uuid4().hex}:secret@")
    await grant_rows(empty_database_url, app_url)
    return app_url


async def test_the_role_of_a_node_records_reads_renames_deletes_and_sets_aside(app_url: str) -> None:
    harness = PostgresStoreHarness(app_url)
    try:
        await harness.store.check_schema()
        message, gone = sent(new_id(), new_id(), "hello"), sent(new_id(), new_id(), "to be deleted")
        owner, conversation = message.owner, message.conversation_id
        assert await harness.record(message, reply_to(message, "hi"), gone, sent(new_id(), new_id(), "\0")) == 1
        assert await harness.record(Renamed(owner, conversation, "named"), Deleted(gone.owner, gone.conversation_id)) == 0
        assert await harness.texts(owner, conversation) == ["hello", "hi"]
        assert await harness.texts(gone.owner, gone.conversation_id) == []
        assert len((await harness.store.search(owner, "hello", limit=5, before=None)).items) == 1
        assert await harness.store.checkpoint() == harness.checkpoint
    finally:
        await harness.close()


@pytest.mark.parametrize(
    "statement", ["drop table messages", "create table extra (id int)", "update alembic_version set version_num = 'x'"]
)
async def test_the_role_of_a_node_can_not_touch_the_schema(app_url: str, statement: str) -> None:
    connection = await asyncpg.connect(app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_granting_twice_changes_the_password_and_nothing_else(app_url: str, empty_database_url: str) -> None:
    changed = app_url.replace(":secret@", ":another@")
    assert await grant_rows(empty_database_url, changed) in changed
    harness = PostgresStoreHarness(changed)
    try:
        assert await harness.record(sent(new_id(), new_id(), "hello")) == 0
    finally:
        await harness.close()
