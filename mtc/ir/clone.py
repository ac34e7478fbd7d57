"""Copies of modules that share constants with the original."""

from __future__ import annotations

from mtc.ir.module import Function, Module, Node, Value


def clone(module: Module) -> Module:
    """A module of its own with the same constants, which are immutable."""
    return Module(
        functions={name: clone_function(function) for name, function in module.functions.items()},
        constants=dict(module.constants),
        states=dict(module.states),
        meta=dict(module.meta),
        samples=dict(module.samples),
        form=module.form,
    )


def clone_function(function: Function) -> Function:
    """A function of its own, nested ones included."""
    values: dict[Value, Value] = {}
    for value in function.inputs:
        values[value] = Value(value.type, value.name)
    copy = Function(function.name, list(values.values()), symbols=function.symbols)
    copy.output_names = list(function.output_names)
    for node in function:
        new = Node(
            node.op,
            [None if v is None else values[v] for v in node.inputs],
            dict(node.attrs),
            [v.type for v in node.outputs],
            regions=[clone_function(region) for region in node.regions],
            loc=node.loc,
        )
        copy.insert(new)
        for old_value, new_value in zip(node.outputs, new.outputs, strict=True):
            new_value.name = old_value.name
            values[old_value] = new_value
    return copy
