"""Copies of modules and functions that share constants with the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mtc.ir.builder import Builder
from mtc.ir.dims import Dim, Expr, substitute
from mtc.ir.module import Function, Module, Node, Value
from mtc.ir.structural import RETURN
from mtc.ir.types import TensorType


def clone(module: Module) -> Module:
    """A module of its own with the same constants, which are immutable."""
    return Module(
        functions={name: clone_function(function) for name, function in module.functions.items()},
        constants=dict(module.constants),
        states={name: replace(state) for name, state in module.states.items()},
        meta=dict(module.meta),
        samples=dict(module.samples),
        form=module.form,
    )


def clone_function(function: Function) -> Function:
    """A function of its own, nested ones included."""
    values = {value: Value(value.type, value.name) for value in function.inputs}
    copy = Function(function.name, list(values.values()), symbols=function.symbols)
    copy.output_names = list(function.output_names)
    for node in function:
        copy.insert(_copied(node, values, {}))
    return copy


def inline(function: Function, operands: Sequence[Value], build: Builder) -> list[Value]:
    """Inserts copies of the nodes of `function`, whose named dims become the operands' sizes. Returns its results."""
    values = dict(zip(function.inputs, operands, strict=True))
    bound = {name: operands[index].type.shape[axis] for name, (index, axis) in function.symbol_axes.items()}
    for node in function:
        if node.op is not RETURN:
            build.insert(_copied(node, values, bound))
    return [values[value] for value in function.outputs]


def _copied(node: Node, values: dict[Value, Value], bound: Mapping[str, Dim]) -> Node:
    """A node of its own that reads `values` of the original's operands; its results are entered there."""
    new = Node(
        node.op,
        [None if v is None else values[v] for v in node.inputs],
        {name: _with_sizes(value, bound) for name, value in node.attrs.items()},
        [_type_with_sizes(v.type, bound) for v in node.outputs],
        regions=[clone_function(region) for region in node.regions],
        loc=node.loc,
    )
    for old_value, new_value in zip(node.outputs, new.outputs, strict=True):
        new_value.name = old_value.name
        values[old_value] = new_value
    return new


def _type_with_sizes(type: TensorType, bound: Mapping[str, Dim]) -> TensorType:
    return type if not bound or type.is_static else type.with_shape(_with_sizes(type.shape, bound))


def _with_sizes(value: Any, bound: Mapping[str, Dim]) -> Any:
    if not bound or not isinstance(value, tuple):
        return value
    return tuple(substitute(size, bound) if isinstance(size, Expr) else size for size in value)
