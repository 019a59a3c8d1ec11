"""`myna mock`: a model for somebody's tests, alone in this process."""

import secrets
from pathlib import Path

import click

from myna.cli import settings_reading
from myna.cli.process import run
from myna.node.garbage_collection import postpone_collection
from myna.node.logging_setup import configure

LOOPBACK = "127.0.0.0/8,::1/128"  # where tests come from: no limit per address is for them


@click.command()
@click.option("--port", default=5055, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--scenarios", type=click.Path(path_type=Path), help="A YAML, TOML or JSON file with scripted replies and rules.")
@click.option("--profile", default="normal", show_default=True, help="How replies are cut into parts, paced and failed.")
@click.option("--speed", default=0.0, show_default=True, help="How many times faster than its profile it speaks; 0 waits for nothing.")
@click.option("--seed", type=int, help="Seed of messages that bring none; without it the same request gets the same reply.")
def command(port: int, scenarios: Path | None, profile: str, speed: float, seed: int | None) -> None:
    """The mock AI behind /v1 and /api/mock, with no broker and no database: it keeps nothing, and starts in about a second."""
    postpone_collection()
    from myna.node.start import serve

    settings = settings_reading.load(
        port=port, mock_scenarios=scenarios, mock_profile=profile, mock_speed=speed, mock_seed=seed, host="127.0.0.1", brain="mock",
        amqp_url=None, database_url=None, secret_key=secrets.token_hex(32), unlimited_networks=LOOPBACK, rate_per_s=1e6,
        rate_burst=1_000_000, reads_per_s=1e6, max_requests_per_owner=100_000, lab=False,
    )  # fmt: skip
    configure(settings.log_format, "warning" if settings.log_level == "auto" else settings.log_level)
    run(serve(settings, responder=True, forgetful=True))
