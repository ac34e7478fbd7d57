"""`mtc backends`: where operators can run."""

from __future__ import annotations

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option


@click.command(cls=MtcCommand)
@json_option
def backends() -> None:
    """List the backends that --backend takes. `portable` is always the last choice.

    \b
    Example:
      mtc backends
    """
    from mtc.delegates.registry import LIBRARIES

    rows = [
        {
            "name": library.name,
            "operators": len(library.ops),
            "kernels": len(list(library.kernel_keys())),
            "title": library.title,
        }
        for library in LIBRARIES.values()
    ]
    header = ("backend", "operators", "kernels", "what it is")
    console.result(rows, lambda: console.table(header, [tuple(row.values()) for row in rows], right=(1, 2)))
