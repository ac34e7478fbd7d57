"""Every case of every op: a family is a file with a table `CASES`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from cases.case import Case

CASES: list[Case] = [
    found
    for family in iter_modules(__path__)
    if family.name != "case"
    for found in import_module(f"cases.{family.name}").CASES
]
