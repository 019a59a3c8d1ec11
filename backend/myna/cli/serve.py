"""`myna serve`: one backend node."""

import click

from myna.cli.process import examples, run, service_settings, settings_help
from myna.node.server import serve


@click.command(
    epilog=examples("myna serve", "CHAT_PORT=8080 CHAT_LOG_LEVEL=debug myna serve", "myna serve --no-responder") + "\n\n" + settings_help()
)
@click.option("--responder/--no-responder", default=None, help="Answer inside this process too. Default: only when the broker is embedded.")
def command(responder: bool | None) -> None:
    """Gateway, relay and recorder on CHAT_PORT; embedded where no CHAT_AMQP_URL or CHAT_DATABASE_URL is set."""
    settings = service_settings()
    run(serve(settings, responder=settings.embedded_broker if responder is None else responder))
