"""`mtc doctor`: what this machine can build, and the command that fixes what it cannot."""

from __future__ import annotations

from dataclasses import asdict

import click

from mtc.cli import console
from mtc.cli.failures import FAILED
from mtc.cli.group import MtcCommand, json_option


@click.command(cls=MtcCommand)
@json_option
def doctor() -> int:
    """Say what this machine can build, and how to fix what it cannot. Exit code 1 if something needed is missing.

    \b
    Example:
      mtc doctor
    """
    from mtc.analysis.doctor import checks

    found = checks()
    # Padded first: the codes of a colour have no width.
    marks = {True: console.styled(f"{'ok':<8}", fg="green"), False: console.styled(f"{'missing':<8}", fg="red")}
    lines = [f"{marks[c.is_ok]} {c.name:<20} {c.found}" + (f"\n{'':9}fix: {c.fix}" if c.fix else "") for c in found]
    console.result([asdict(check) for check in found], "\n".join(lines))
    return FAILED if any(not check.is_ok and not check.is_optional for check in found) else 0
