"""`myna completion`: the script that lets a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from myna.cli.process import examples


@click.command(
    epilog=examples(
        'eval "$(myna completion bash)"                              in ~/.bashrc',
        'eval "$(myna completion zsh)"                               in ~/.zshrc',
        "myna completion fish > ~/.config/fish/completions/myna.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that has this shell complete `myna` with Tab."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these three"
    click.echo(kind(ctx.find_root().command, {}, "myna", "_MYNA_COMPLETE").source())
