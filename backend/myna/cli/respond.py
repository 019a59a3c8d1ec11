"""`myna respond`: one stand-alone responder."""

import click

from myna.cli.process import SETTINGS_HELP, run, service_settings
from myna.node.responder_process import respond


@click.command(epilog=SETTINGS_HELP)
def command() -> None:
    """A stand-alone responder; start as many as wanted."""
    run(respond(service_settings()))
