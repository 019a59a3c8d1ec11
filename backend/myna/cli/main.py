"""The command `myna`: finds the subcommand, and turns what goes wrong into one sentence and an exit code."""

import sys
from importlib import import_module
from typing import Any

import click

from myna.protocol.errors import MynaError, StartupError

# Subcommand → its module, imported when it is run: `tail` does not wait for the web server's libraries.
NAMES = ("serve", "respond", "mock", "migrate", "tail", "dead-letters", "doctor", "make-secrets")
COMMANDS = {name: f"myna.cli.{name.replace('-', '_')}" for name in NAMES}

WRONG_USE, FAILED, INTERRUPTED = 2, 1, 130


class Commands(click.Group):
    """The subcommands; an error that we know ends in one sentence instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they are listed by `--help`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. Exit code 2: a setting or argument is wrong; 1: it failed; 130: interrupted."""
        try:
            return super().invoke(ctx)
        except MynaError as error:
            click.echo(f"myna: {error}", err=True)
            sys.exit(WRONG_USE if isinstance(error, StartupError) else FAILED)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"max_content_width": 120})
def main() -> None:
    """Myna: a queue-backed AI chat pipeline."""
