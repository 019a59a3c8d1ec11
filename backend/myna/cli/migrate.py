"""`myna migrate`: the database schema."""

import asyncio

import click

from myna import settings as all_settings
from myna.protocol.errors import StartupError
from myna.store.postgres.migrations import migrate


@click.command
def command() -> None:
    """Bring the database schema to head."""
    settings = all_settings.load()
    if settings.database_url is None:
        raise StartupError("CHAT_DATABASE_URL is needed: the embedded database migrates by itself.")
    click.echo(f"The schema is at {asyncio.run(migrate(settings.database_url))}.")
