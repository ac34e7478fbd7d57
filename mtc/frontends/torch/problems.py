"""What of a program cannot be imported, collected and told at once."""

from __future__ import annotations

from mtc.diagnostics import UNSUPPORTED_OP, Report
from mtc.ir.loc import Loc

_HELP = "replace it in the model by operators that `mtc ops` lists"


FAILED = object()  # what stands for a result of a type that the IR has not: rows that would use it are not called


class Unsupported(Exception):
    """Raised by a row for arguments that no op of the opset covers: why, or `why; what to do instead`."""


class Problems:
    """Places and reasons by operator."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[Loc | None, str]]] = {}

    def add(self, name: str, loc: Loc | None, reason: str) -> None:
        """`reason` is as in Unsupported."""
        self._found.setdefault(name, []).append((loc, reason))

    def raise_if_any(self) -> None:
        """One MtcError whose first line names every operator."""
        report = Report()
        for name, places in sorted(self._found.items()):
            calls = f"is called {len(places)} times" if len(places) > 1 else "is called once"
            what = f"`{name}` {calls}" if "." in name else f"`{name}`"
            lines = dict.fromkeys(_shown(loc) for loc, _ in places if loc is not None and str(loc))
            reasons = [reason.partition("; ") for _, reason in places]
            notes = tuple(dict.fromkeys(cause for cause, _, _ in reasons))
            remedies = dict.fromkeys(remedy or _HELP for _, _, remedy in reasons)
            at, help = "; ".join(lines) or None, "; ".join(remedies)
            report(UNSUPPORTED_OP(what, at=at, notes=notes, help=help, op=name))
        names = ", ".join(f"`{name}`" for name in sorted(self._found))
        count = f" ({len(self._found)} operators)" if len(self._found) > 1 else ""
        report.raise_if_any(f"cannot import {names}{count}")


def _shown(loc: Loc) -> str:
    """A place without a line of the user's is that of a module, whose path may be as short as `1`."""
    return str(loc) if loc.source else f"module `{loc.module}`"
