"""`mtc completion`: a shell's completion script."""

from __future__ import annotations

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand
from mtc.cli.parameters import OneOf


@click.command(cls=MtcCommand)
@click.argument("shell", type=OneOf(("bash", "zsh", "fish")))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete mtc's commands and options.

    \b
    Example:
      mtc completion bash
    Put `eval "$(mtc completion bash)"` into ~/.bashrc (zsh: ~/.zshrc); for fish,
    `mtc completion fish > ~/.config/fish/completions/mtc.fish`.
    """
    from click.shell_completion import get_completion_class

    group = ctx.find_root().command
    found = get_completion_class(shell)
    assert found is not None
    console.result({}, found(group, {}, "mtc", "_MTC_COMPLETE").source())
