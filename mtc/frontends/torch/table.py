"""Which ATen operators can be imported, and how: a row for each, in the families of `rows/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

import torch

# Takes the importer and the ATen call's arguments; returns its results as values.
Row = Callable[..., Any]
_Row = TypeVar("_Row", bound=Row)
ROWS: dict[str, Row] = {}
COMPLEX_ROWS: dict[str, Row] = {}
BY_PARTS: set[str] = set()
# What registers the operators of other libraries than `aten`, which rows name "library::operator.overload".
LIBRARIES = {"quantized_decomposed": "torch.ao.quantization.fx._decomposed", "torchao": "torchao.quantization"}


def row(*names: str, by_parts: bool = False) -> Callable[[_Row], _Row]:
    """Imports the ATen overloads `names` ("add.Tensor"), or those of other libraries ("torchao::quantize_affine",
    "higher_order::cond"), by the decorated function. `by_parts`: it moves or adds elements, of complex numbers in each
    part."""
    if by_parts:
        BY_PARTS.update(names)
    return _in(ROWS, names)


def complex_row(*names: str) -> Callable[[_Row], _Row]:
    """The same for calls that take or give complex tensors."""
    return _in(COMPLEX_ROWS, names)


def _in(rows: dict[str, Row], names: tuple[str, ...]) -> Callable[[_Row], _Row]:
    def register(function: _Row) -> _Row:
        for name in names:
            if rows.setdefault(name, function) is not function:
                raise TypeError(f"two rows for {name}")
        return function

    return register


def overload(name: str) -> Any | None:
    """What torch calls `name`, or None if this torch has no such operator, or nobody has imported its library."""
    library, _, operator = name.rpartition("::")
    base, _, which = operator.partition(".")
    packet = getattr(getattr(torch.ops, library or "aten"), base, None)
    return getattr(packet, which or "default", None) if isinstance(packet, torch._ops.OpOverloadPacket) else packet


def register_library(name: str) -> bool:
    """Imports what registers the operators of a library of LIBRARIES; whether it is installed."""
    try:
        import_module(LIBRARIES[name])
    except ImportError:
        return False
    return True


@dataclass(frozen=True)
class Table:
    """Rows by overload object, for real and for complex tensors."""

    rows: dict[Any, Row]
    complex_rows: dict[Any, Row]
    by_parts: frozenset[Any]

    def __contains__(self, target: Any) -> bool:
        return target in self.rows or target in self.complex_rows


def load() -> Table:
    """All rows of all families."""
    from mtc.frontends.torch import rows

    for family in iter_modules(rows.__path__):
        import_module(f"{rows.__name__}.{family.name}")
    return Table(_by_overload(ROWS), _by_overload(COMPLEX_ROWS), frozenset(map(overload, BY_PARTS)))


def _by_overload(rows: dict[str, Row]) -> dict[Any, Row]:
    found = ((overload(name), function) for name, function in rows.items())
    return {target: function for target, function in found if target is not None}
