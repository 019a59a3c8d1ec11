"""`myna chat`: a conversation in the terminal, over the Python client."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import click

from myna.cli.addresses import checked_url
from myna.cli.process import examples
from myna.cli.terminal import without_controls
from myna.client import Refused, ReplyFailed, SyncChat, SyncTurn, Unreachable
from myna.protocol.errors import StartupError

PROMPT = "> "


@click.command(
    epilog=examples(
        "myna chat                                       line by line; Ctrl+C stops a reply, Ctrl+D leaves",
        'myna chat "What is a dead letter?"              one message; exit code 1 when its reply fails',
        "myna chat --profile fast --seed 7 < questions   a message a line",
    )
)
@click.argument("text", nargs=-1)
@click.option("--url", default="http://localhost:5055", show_default=True, help="Where the node is.")
@click.option("--token", envvar="MYNA_TOKEN", help="Go on as this owner (also from MYNA_TOKEN); without one, a new owner.")
@click.option("--conversation", type=click.UUID, help="Go on with this conversation; without one, a new one.")
@click.option("--profile", help="How the mock AI answers.")
@click.option("--seed", type=int, help="Seed of the mock AI.")
def command(text: tuple[str, ...], url: str, token: str | None, conversation: Any, profile: str | None, seed: int | None) -> None:
    """Talk to a node. It reconnects and resumes by itself, in the middle of a reply too."""
    options = {name: value for name, value in (("profile", profile), ("seed", seed)) if value is not None}
    conversation_id = str(conversation or uuid4())
    try:
        with SyncChat(checked_url(url), token=token) as chat:
            if sys.stdin.isatty() and not text:
                click.echo(f"Connected to {url}, conversation {conversation_id}. Ctrl+C stops a reply, Ctrl+D leaves.", err=True)
            failed = 0
            for message in [" ".join(text)] if text else lines():
                failed += not answered(chat, message, conversation_id, options)
    except Unreachable as error:
        raise StartupError(str(error)) from None
    sys.exit(1 if failed else 0)


def lines() -> Iterator[str]:
    """What a person types, or a file holds, without blank lines."""
    terminal = sys.stdin.isatty()
    while True:
        try:
            line = input(PROMPT) if terminal else next(sys.stdin)
        except (EOFError, StopIteration):
            return
        if line.strip():
            yield line.strip()


def answered(chat: SyncChat, text: str, conversation_id: str, options: dict[str, Any]) -> bool:
    """Send a message and print its reply as it comes; False, and why, where there is none."""
    try:
        turn = chat.send(text, conversation_id, **options)
        show(turn)
    except (Refused, ReplyFailed) as error:
        click.echo(f"{click.style(error.code, fg='red')}: {without_controls(str(error))}", err=True)
        return False
    return True


def show(turn: SyncTurn) -> None:
    """Print a reply as it comes; an interrupt stops it."""
    texts = iter(turn)
    while True:
        try:
            for text in texts:
                click.echo(without_controls(text), nl=False)
            break
        except KeyboardInterrupt:
            turn.stop()
            texts = iter(())
            click.echo(click.style(" [stopped]", dim=True), nl=False)
    click.echo()
