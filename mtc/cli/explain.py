"""`mtc explain`: what a diagnostic's code means."""

from __future__ import annotations

import click

from mtc.cli import completing, console
from mtc.cli.group import MtcCommand, json_option
from mtc.diagnostics import CODES, UNKNOWN_NAME, collected
from mtc.support.suggest import did_you_mean


@click.command(cls=MtcCommand)
@click.argument("codes", metavar="[CODE]...", nargs=-1, shell_complete=completing.codes)
@json_option
def explain(codes: tuple[str, ...]) -> None:
    """Explain diagnostics' CODEs; without one, list them all.

    \b
    Example:
      mtc explain MTC201
    """
    if not codes:
        rows = [(code.id, code.title) for code in CODES.values()]
        console.result([{"code": i, "title": t} for i, t in rows], lambda: console.table(("code", "meaning"), rows))
        return
    wanted = [code.upper() if code[:3].lower() == "mtc" else f"MTC{code}" for code in codes]
    with collected() as report:
        for code in wanted:
            if code not in CODES:
                report(UNKNOWN_NAME(f"no diagnostic has the code `{code}`", help=did_you_mean(code, CODES)))
    found = [CODES[code] for code in wanted]
    data = [{"code": code.id, "title": code.title, "explanation": code.explanation} for code in found]
    console.result(data, lambda: "\n\n".join(f"{c.id}: {c.title}\n\n{_wrapped(c.explanation)}" for c in found))


def _wrapped(text: str) -> str:
    return click.wrap_text(text, 100, "  ", "  ")
