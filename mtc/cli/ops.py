"""`mtc ops`: the operators."""

from __future__ import annotations

import click

from mtc.cli import completing, console
from mtc.cli.group import MtcCommand, json_option


@click.command(cls=MtcCommand)
@click.argument("names", metavar="[OP]...", nargs=-1, shell_complete=completing.operators)
@click.option("--backend", help="Only those that this backend has.", shell_complete=completing.backends)
@json_option
def ops(names: tuple[str, ...], backend: str | None) -> None:
    """List the operators, or show the named ones in full.

    \b
    Example:
      mtc ops conv2d
    """
    from mtc.analysis.opset import described, find

    found = find(names, backend)
    rows = [described(op) for op in found]
    if names:
        console.result(rows, lambda: "\n\n".join(map(_full, rows)))
        return
    cells = [(row["name"], row["family"], ",".join(row["backends"]), row["doc"].split("\n")[0]) for row in rows]
    console.result(rows, lambda: console.table(("operator", "family", "backends", "what it computes"), cells))


def _full(row: dict[str, object]) -> str:
    keys = ("signature", "dtypes", "attributes", "accuracy", "backends", "quantized")
    lines = [f"{row['name']}: {row['doc']}", ""]
    for key in keys:
        value = row[key]
        lines.append(f"  {key}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    return "\n".join(lines)
