"""`myna respond`: one stand-alone responder, or several."""

import click

from myna.cli.process import MEMBER, ServiceCommand, run, run_group, service_settings
from myna.cli.settings_table import OF_RESPONDERS
from myna.node.responder_process import respond
from myna.node.stopping import Member


@click.command(cls=ServiceCommand, topics=OF_RESPONDERS)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Responders to run, each a process of its own.")
@MEMBER
def command(processes: int, member: tuple[int, int] | None) -> None:
    """A stand-alone responder; start as many as wanted."""
    settings = service_settings()
    if processes > 1:
        run_group(settings, processes, ["respond"], {})
    else:
        run(respond(settings, member=Member(*member) if member else None))
