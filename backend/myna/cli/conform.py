"""`myna conform`: holds any server to the contract."""

import click

from myna.cli.process import run as run_to_its_end
from myna.client import Unreachable
from myna.client.http import Http
from myna.conform import RULES, run
from myna.protocol.errors import StartupError


@click.command()
@click.argument("url", default="http://localhost:5055")
@click.option("--rule", "only", default="", help="Only the rules whose sentence holds this text.")
def command(url: str, only: str) -> None:
    """Hold the server at URL to the contract, and say in words what it breaks.

    It chats as owners of its own. Exit code 0: every rule holds; 1: at least one is broken; 2: nobody is there.
    """
    run_to_its_end(_conform(url, only))


async def _conform(url: str, only: str) -> int:
    try:
        await Http(url.rstrip("/")).request("GET", "/livez")
    except Unreachable as error:
        raise StartupError(str(error)) from None
    rules = [rule for rule in RULES if only.lower() in rule.says.lower()]
    broken = 0
    async for rule, did in run(url, rules):
        broken += bool(did)
        click.echo(f"{'broken' if did else 'ok':<7} {rule.section:<7} {rule.says}.")
        if did:
            click.echo(f"        {'':<7} ↳ {did}")
    click.echo(f"{len(rules) - broken} of {len(rules)} rules hold.")
    return 1 if broken or not rules else 0
