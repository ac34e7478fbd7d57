"""`mtc diff`: two models, programs, operator lists or runtimes."""

from __future__ import annotations

from pathlib import Path

import click

from mtc.cli import console
from mtc.cli.failures import FAILED
from mtc.cli.group import MtcCommand, json_option
from mtc.cli.parameters import PATH


@click.command(cls=MtcCommand)
@click.argument("a", type=PATH)
@click.argument("b", type=PATH)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if they differ.")
@json_option
def diff(a: Path, b: Path, exit_code: bool) -> int:
    """Compare two models, programs, operator lists or runtimes: interface, operators, constants, graph; of runtimes
    what made them grow.

    \b
    Example:
      mtc diff model.mtc model.optimized.mtc
    """
    from mtc.analysis.diff import diff as differences

    found = differences(a, b)
    lines = found.lines
    facts = {"a": str(a), "b": str(b), "are_equal": not lines, "differences": lines}
    console.result(facts | found.to_json(), "\n".join(lines) if lines else "no difference")
    return FAILED if lines and exit_code else 0
