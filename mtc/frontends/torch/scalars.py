"""Arithmetic of Python numbers that depend on sizes, `sqrt(n)`, `n / 2`, or on values, `x.max().item()`. They are 0-d
tensors here: fractions f64, whole numbers that depend on values i64."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import torch

from mtc.frontends.torch.problems import Unsupported
from mtc.ir.types import F64, DType
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
_WHOLE = {*_ITEMS, operator.mul, operator.add, operator.sub, operator.neg}
_aten = torch.ops.aten
_INDEXED = {
    *(_aten.select.int, _aten.select_copy.int, _aten.select_scatter.default),
    *(_aten.slice.Tensor, _aten.slice_scatter.default, _aten.narrow.default),
}


def check_numbers(node: torch.fx.Node, numbers: Collection[torch.fx.Node]) -> None:
    """Unsupported if the call takes one of `numbers`, which are read from tensors, for anything but an index."""
    taken = [used for used in node.all_input_nodes if used in numbers]
    if taken and node.target not in _INDEXED:
        raise Unsupported("a number in it is read from a tensor; leave out `.item()` where a tensor will do")


def is_scalar_call(node: torch.fx.Node) -> bool:
    """Whether it computes a fraction."""
    return isinstance(node.meta.get("val"), torch.SymFloat)


def computes(target: Any) -> bool:
    """Whether `scalar` computes whole numbers of this call."""
    return target in _WHOLE


def scalar(importer: Importer, target: Any, args: tuple[Any, ...], dtype: DType = F64) -> Value:
    """The number as a 0-d tensor."""
    if target not in _CALLS or (dtype is not F64 and target not in _WHOLE):
        raise Unsupported("a Python number that is computed in this way")
    operands = [importer.reshape(importer.tensor(argument, dtype), ()) for argument in args]
    return importer.emit(OPS[_CALLS[target]], *operands) if _CALLS[target] else operands[0]
