"""Taps: values inside a function as extra outputs, to compare a program with its model layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

from mtc import ops
from mtc.diagnostics import UNKNOWN_NAME, collected
from mtc.ir.builder import Builder
from mtc.ir.clone import clone
from mtc.ir.module import Function, Module, Value
from mtc.ir.opspec import Trait
from mtc.ir.types import F32
from mtc.support.suggest import did_you_mean


def named(model: Module) -> Module:
    """A copy in which every value of every function has a name that no other value of the function has."""
    copy = clone(model)
    for function in copy.functions.values():
        _name_values(function)
    return copy


def tapped(model: Module, names: Sequence[str], function: str = "forward") -> Module:
    """A copy whose function also returns the values `names`, last and in this order; of quantized ones the real numbers
    that they stand for. UNKNOWN_NAME for missing ones."""
    copy = clone(model)
    body = copy.functions[function]
    values = {value.name: value for value in _values(body)}
    with collected() as report:
        for name in names:
            if name not in values:
                report(UNKNOWN_NAME(f"@{function} has no value `{name}`", help=did_you_mean(name, values)))
    count = len(body.outputs)
    own = [*body.output_names, *[""] * count][:count]
    body.output_names = own + ["" if name in own else name for name in names]
    build = Builder(body, before=body.return_node)
    extra = [values[name] for name in names]
    real = [build.emit(ops.dequantize, value, dtype=F32) if value.type.dtype.is_quantized else value for value in extra]
    body.return_node.set_inputs([*body.return_node.inputs, *real])
    copy.samples = {}  # they do not have the extra outputs
    return copy


def tappable(function: Function) -> list[Value]:
    """The values that operators compute, in order, but for those it returns anyway."""
    returned = set(function.outputs)
    return [
        value
        for node in function
        if not node.op.has(Trait.STRUCTURAL)
        for value in node.outputs
        if value not in returned and value.users
    ]


def _values(function: Function) -> list[Value]:
    return [*function.inputs, *(value for node in function for value in node.outputs)]


def _name_values(function: Function) -> None:
    values = _values(function)
    given = {value.name for value in values}
    taken: set[str] = set()
    for number, value in enumerate(values):
        name = value.name or f"v{number}"
        while name in taken or (not value.name and name in given):  # a value with a name keeps it
            name = f"{name}_{number}"
        taken.add(name)
        value.name = name
