"""`mtc fetch`: third-party sources into the cache."""

from __future__ import annotations

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option


@click.command(cls=MtcCommand)
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@json_option
def fetch(names: tuple[str, ...]) -> None:
    """Fetch third-party sources, all by default, so that later builds work with --offline.

    \b
    Example:
      mtc fetch
    """
    from mtc.build.preflight import check_cache
    from mtc.build.sources import fetch_all
    from mtc.build.sources_lock import source

    for name in names:
        source(name)
    check_cache()
    folders = fetch_all(names or None, progress=console.progress())
    rows = [{"source": name, "version": source(name).version, "folder": str(path)} for name, path in folders.items()]
    console.result(rows, lambda: console.table(("source", "version", "folder"), [tuple(row.values()) for row in rows]))
