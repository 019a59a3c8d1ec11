"""`myna serve`: one backend node, or several on one port."""

import click

from myna.cli.process import MEMBER, ServiceCommand, examples, run, run_group, service_settings
from myna.node.garbage_collection import postpone_collection
from myna.node.listener import reserve
from myna.node.stopping import Member
from myna.protocol.errors import StartupError
from myna.settings import Settings


@click.command(
    cls=ServiceCommand, epilog=examples("myna serve", "CHAT_PORT=8080 CHAT_LOG_LEVEL=debug myna serve", "myna serve --no-responder")
)
@click.option(
    "--responder/--no-responder",
    default=None,
    help="Answer inside this process too. Default: only when the broker is embedded, or with CHAT_LAB=true.",
)
@click.option(
    "--nodes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes on the one port, each a node: one for each core."
)
@MEMBER
def command(responder: bool | None, nodes: int, member: tuple[int, int] | None) -> None:
    """Gateway, relay and recorder on CHAT_PORT; embedded where no CHAT_AMQP_URL or CHAT_DATABASE_URL is set."""
    settings = service_settings()
    # With a laboratory, so that there is a responder that it can reach.
    answers = settings.embedded_broker or bool(settings.lab) if responder is None else responder
    if nodes > 1:
        _serve_group(settings, nodes, responder=answers)
        return
    postpone_collection()
    from myna.node.start import serve  # not for the process that only starts others: it takes half a second and 60 MB

    run(serve(settings, responder=answers, member=Member(*member) if member else None))


def _serve_group(settings: Settings, nodes: int, *, responder: bool) -> None:
    if settings.embedded_broker or settings.embedded_database:
        raise StartupError("--nodes needs CHAT_AMQP_URL and CHAT_DATABASE_URL: what is embedded lives inside one node.")
    with reserve(settings) as port:
        environment = {"CHAT_PORT": str(port.getsockname()[1])}  # where any free one was asked for, all get the same
        run_group(settings, nodes, ["serve", "--responder" if responder else "--no-responder"], environment)
