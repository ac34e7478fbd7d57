"""Arithmetic of Python numbers that depend on sizes, `sqrt(n)`, `n / 2`, or on values, `x.max().item()`. They are 0-d
tensors here."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import torch

from mtc.frontends.torch.problems import Unsupported
from mtc.ir.types import F64
from mtc.ops import OPS

if TYPE_CHECKING:
    from mtc.frontends.torch.importer import Importer
    from mtc.ir.module import Value

_ITEMS = (torch.ops.aten.item.default, torch.ops.aten._local_scalar_dense.default)
_CALLS: dict[Any, str] = {
    **dict.fromkeys(_ITEMS, ""),
    operator.truediv: "div",
    operator.mul: "mul",
    operator.add: "add",
    operator.sub: "sub",
    operator.pow: "pow",
    operator.neg: "neg",
    math.sqrt: "sqrt",
    torch.sym_sqrt if hasattr(torch, "sym_sqrt") else math.sqrt: "sqrt",
    getattr(torch, "_sym_sqrt", math.sqrt): "sqrt",
    torch.sym_float: "",
}


def is_scalar_call(node: torch.fx.Node) -> bool:
    """Whether it computes a fraction."""
    return isinstance(node.meta.get("val"), torch.SymFloat)


def scalar(importer: Importer, target: Any, args: tuple[Any, ...]) -> Value:
    """The fraction as a 0-d f64."""
    if target not in _CALLS:
        raise Unsupported("a Python number that is computed in this way")
    operands = [importer.reshape(importer.tensor(argument, F64), ()) for argument in args]
    return importer.emit(OPS[_CALLS[target]], *operands) if _CALLS[target] else operands[0]
