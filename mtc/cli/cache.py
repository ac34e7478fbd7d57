"""`mtc cache`: what mtc keeps."""

from __future__ import annotations

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import OneOf


@click.command(cls=MtcCommand)
@click.argument("action", type=OneOf(("show", "clear")), default="show")
@click.option("--part", multiple=True, help="Only this part, as `show` lists them; repeat it for more.")
@json_option
def cache(action: str, part: tuple[str, ...]) -> None:
    """Show or clear what mtc keeps: fetched sources, built libraries, runtimes. All of it can be made again.

    \b
    Example:
      mtc cache show
    """
    from mtc.analysis.cache_parts import clear, parts
    from mtc.support.cache import cache_root

    found = parts(part)
    if action == "clear":
        clear(found)
    data = {"folder": str(cache_root()), "action": action, "parts": found}
    rows = [(name, console.size(count)) for name, count in found.items()]
    verb = "cleared from" if action == "clear" else "in"
    text = f"{console.size(sum(found.values()))} {verb} {cache_root()}"
    console.result(data, lambda: f"{console.table(('part', 'size'), rows, right=(1,))}\n{text}" if rows else text)
