"""The command `myna`: finds the subcommand, and turns what goes wrong into one sentence and an exit code."""

import gc
import sys
from importlib import import_module
from typing import Any

import click

from myna.node.stopping import WRONG_USE
from myna.protocol.errors import MynaError, StartupError

# By topic, as `--help` lists them. The module of each is imported when it is run: `tail` does not wait for the web server's libraries,
# and this list for none of them.
TOPICS = {
    "Run": {
        "serve": "A node: gateway, relay and recorder; embedded where no broker or database is set.",
        "respond": "A stand-alone responder; start as many as wanted.",
        "migrate": "Bring the database schema to head.",
        "make-secrets": "Make what is missing of a deployment's secrets.",
    },
    "Talk": {"chat": "Talk to a node."},
    "Look": {
        "doctor": "What is installed, reachable, missing, and how a node that runs is.",
        "tail": "Print what goes through chat_responses, as it goes.",
    },
    "Repair": {"dead-letters": "The messages that could not be answered and were set aside."},
    "Develop": {
        "mock": "The mock AI behind /v1 and /api/mock, with no broker and no database.",
        "conform": "Hold a server to the contract, and say in words what it breaks.",
        "completion": "Print the script that has this shell complete `myna` with Tab.",
    },
}
COMMANDS = {name: f"myna.cli.{name.replace('-', '_')}" for names in TOPICS.values() for name in names}

FAILED, INTERRUPTED = 1, 130
EPILOG = """\b
Examples:
  myna serve                                 everything in one process; settings: myna serve --help
  myna chat "What is a dead letter?"         one message, from the terminal
  myna doctor                                what is missing here, and how a node that runs is
  myna tail --type reply.failed              what fails, as it does
  myna dead-letters requeue --all            try again what could not be answered
  eval "$(myna completion bash)"             complete commands and options with Tab

\b
Exit codes:
  0    done
  1    it failed, or doctor found something missing
  2    wrong use: a setting, an argument, nobody there at the address given
  130  interrupted
"""


class Commands(click.Group):
    """The subcommands; an error that we know ends in one sentence instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they are listed by `--help`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # it finds no garbage among libraries that are being imported, in a tenth of the time that this takes
        try:
            command: click.Command = import_module(COMMANDS[cmd_name]).command
        finally:
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A list for each topic."""
        for topic, commands in TOPICS.items():
            with formatter.section(topic):
                formatter.write_dl(list(commands.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. Exit code 2: a setting or argument is wrong; 1: it failed; 130: interrupted."""
        try:
            return super().invoke(ctx)
        except MynaError as error:
            click.echo(f"{click.style('myna:', fg='red')} {error}", err=True)
            sys.exit(WRONG_USE if isinstance(error, StartupError) else FAILED)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@click.group(cls=Commands, epilog=EPILOG, context_settings={"max_content_width": 120, "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="myna", message="myna %(version)s")
def main() -> None:
    """Myna: a queue-backed AI chat pipeline."""
