"""`myna respond`: one stand-alone responder."""

import click

from myna.cli.process import run, service_settings, settings_help
from myna.cli.settings_table import OF_RESPONDERS
from myna.node.responder_process import respond


@click.command(epilog=settings_help(*OF_RESPONDERS))
def command() -> None:
    """A stand-alone responder; start as many as wanted."""
    run(respond(service_settings()))
