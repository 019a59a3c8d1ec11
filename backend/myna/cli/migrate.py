"""`myna migrate`: the database schema, and the role that may use it."""

import time

import click

from myna.cli import settings_reading
from myna.cli.addresses import servers_of
from myna.cli.process import run
from myna.protocol.errors import StartupError, StoreUnavailable
from myna.store.postgres.migrations import migrate
from myna.store.postgres.roles import grant_rows


@click.command
def command() -> None:
    """Bring the database schema to head; with CHAT_DATABASE_APP_URL, make the role that nodes log in as."""
    settings = settings_reading.load()
    if settings.database_url is None:
        raise StartupError("CHAT_DATABASE_URL is needed: the embedded database migrates by itself.")
    try:
        run(bring_to_head(settings.database_url, settings.database_app_url))
    except StoreUnavailable as error:
        raise StartupError(f"{str(error).rstrip('.')}: CHAT_DATABASE_URL leads to {servers_of(settings.database_url)}.") from None


async def bring_to_head(url: str, app_url: str | None) -> None:
    """Migrate and grant, a line for each."""
    began = time.monotonic()

    def tell(revision: str, about: str) -> None:
        click.echo(f"{time.monotonic() - began:6.1f} s  {revision}  {about}")

    click.echo(f"The schema is at {await migrate(url, tell=tell)}.")
    if app_url is not None:
        click.echo(f"The role {await grant_rows(url, app_url)} may read and write its rows.")
