"""The passes by name. Nobody lists them: they are the pass objects that the modules of this package define."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from mtc import passes
from mtc.diagnostics import UNKNOWN_NAME, collected
from mtc.passes.base import Pass
from mtc.support.suggest import did_you_mean


@cache
def all_passes() -> dict[str, Pass]:
    """Every pass, with its default options where it has some, by name."""
    found: dict[str, Pass] = {}
    for family in sorted(info.name for info in iter_modules(passes.__path__)):
        for member in vars(import_module(f"{passes.__name__}.{family}")).values():
            if not isinstance(member, Pass) or isinstance(member, type):
                continue
            if found.setdefault(member.name, member) is not member:
                raise TypeError(f"two passes are called {member.name}")
    return dict(sorted(found.items()))


def check_names(names: Iterable[str]) -> None:
    """UNKNOWN_NAME, with all of them, for names that no pass has."""
    known = all_passes()
    with collected() as report:
        for name in dict.fromkeys(names):
            if name not in known:
                report(UNKNOWN_NAME(f"no pass is called `{name}`", help=did_you_mean(name, known)))
