"""`mtc targets`: the systems a runtime can be built for."""

from __future__ import annotations

import click

from mtc.cli import console
from mtc.cli.group import MtcCommand, json_option


@click.command(cls=MtcCommand)
@json_option
def targets() -> None:
    """List the systems that `mtc build-runtime --target` takes, and what would build for each here.

    \b
    Example:
      mtc targets
    """
    from mtc.analysis.doctor import target_checks

    rows = [{"target": c.name, "can_build": c.is_ok, "toolchain": c.found, "fix": c.fix} for c in target_checks()]
    cells = [(r["target"], "yes" if r["can_build"] else "no", r["toolchain"], r["fix"]) for r in rows]
    console.result(rows, lambda: console.table(("target", "builds here", "toolchain", "what to do"), cells))
