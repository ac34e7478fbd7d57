"""`mtc check`: everything that would stop or slow a model."""

from __future__ import annotations

import click

from mtc.cli import console, tables
from mtc.cli.failures import FAILED
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import new_backend_option, source_argument
from mtc.cli.sarif import Finding


@click.command(cls=MtcCommand)
@source_argument
@new_backend_option
@json_option
def check(source: str, backend: tuple[str, ...]) -> int:
    """Say everything that would stop or slow SRC, all at once; write nothing. Exit code 1 if something stops it.

    \b
    Example:
      mtc check model.py --backend xnnpack
    """
    from mtc.analysis.check import check as checked
    from mtc.delegates.registry import backends

    backends(backend)
    console.effective("check", source=source, backend=backend)
    found = checked(source, backend)
    lines = [f"stops: {diagnostic}" for diagnostic in found.stops]
    lines += [f"slows: {diagnostic}" for diagnostic in found.slows]
    lines += [f"note: {text}" for text in found.warnings]
    if found.placement:
        lines += ["", tables.placement(found.placement)]
    verdict = "it cannot be served" if found.stops else "nothing stops it" + ("" if found.slows else " or slows it")
    console.findings += [Finding.of(diagnostic, "error") for diagnostic in found.stops]
    console.findings += [Finding.of(diagnostic, "warning") for diagnostic in found.slows]
    console.findings += [Finding("warning", "note", text) for text in found.warnings]
    console.result(found.to_json(), "\n".join([*lines, verdict]))
    return FAILED if found.stops else 0
