"""Which ATen operators can be imported, and how: a row for each, in the families of `rows/`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import torch

# Takes the importer and the ATen call's arguments; returns its results as values.
Row = Callable[..., Any]
ROWS: dict[str, Row] = {}
HIGHER_ORDER = "higher_order::"


def row(*names: str) -> Callable[[Row], Row]:
    """Imports the ATen overloads `names` ("add.Tensor"), or torch's higher-order operators ("higher_order::cond"), by
    the decorated function."""

    def register(function: Row) -> Row:
        for name in names:
            if ROWS.setdefault(name, function) is not function:
                raise TypeError(f"two rows for {name}")
        return function

    return register


def overload(name: str) -> Any | None:
    """What torch calls `name`, or None if this torch has no such operator."""
    if name.startswith(HIGHER_ORDER):
        return getattr(torch.ops.higher_order, name.removeprefix(HIGHER_ORDER), None)
    base, _, which = name.partition(".")
    packet = getattr(torch.ops.aten, base, None)
    return getattr(packet, which or "default", None) if packet is not None else None


def load() -> dict[Any, Row]:
    """The table by overload object."""
    from mtc.frontends.torch import rows

    for family in iter_modules(rows.__path__):
        import_module(f"{rows.__name__}.{family.name}")
    found = ((overload(name), function) for name, function in ROWS.items())
    return {target: function for target, function in found if target is not None}
