"""Move permutes towards the graph's border, and cancel them where they meet.

A permute sinks through an operator that treats all axes alike, or names the axes it means: `relu(permute(x))` is
`permute(relu(x))`. Two permutes in a row are one, and a permute with its inverse is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Trait
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites

Dims = tuple[int, ...]


def inverse(dims: Dims) -> Dims:
    return tuple(int(i) for i in np.argsort(dims))


def permuted_by(value: Value | None) -> Dims | None:
    """The axes of the permute that made `value`, if one did."""
    if value is not None and value.producer is not None and value.producer.op is ops.permute:
        return value.producer.attrs["dims"]
    return None


def unpermuted(value: Value) -> Value:
    assert value.producer is not None and value.producer.inputs[0] is not None
    return value.producer.inputs[0]


@rewrite(ops.permute)
def merge_permutes(node: Node, build: Builder) -> Value | None:
    """permute(permute(x)) is one permute; one that leaves every axis in place is x."""
    (x,) = node.inputs
    dims = node.attrs["dims"]
    assert x is not None
    if dims == tuple(range(len(dims))):
        return x
    inner = permuted_by(x)
    if inner is None:
        return None
    composed = tuple(inner[d] for d in dims)
    return build.emit(ops.permute, unpermuted(x), dims=composed)


@rewrite()
def sink_through_elementwise(node: Node, build: Builder) -> Value | None:
    """Elementwise operators do not care about the order of axes, if all operands have the same."""
    if not node.op.has(Trait.ELEMENTWISE) or len(node.outputs) != 1:
        return None
    chosen = next((dims for value in node.inputs if (dims := permuted_by(value)) is not None), None)
    if chosen is None or len(chosen) != node.output.type.rank:
        return None
    largest = node.output.type.count
    inputs = []
    for value in node.inputs:
        moved = None if value is None else _in_order_of(value, chosen, build, largest)
        if value is not None and moved is None:
            return None
        inputs.append(moved)
    return build.emit(ops.permute, build.emit(node.op, *inputs, **node.attrs), dims=chosen)


def _in_order_of(value: Value, dims: Dims, build: Builder, largest: Any) -> Value | None:
    """`value` as it was before a permute by `dims`; None if that would cost more than it saves."""
    if permuted_by(value) == dims:
        return unpermuted(value)
    if value.type.count == 1 and value.type.rank == 0:
        return value
    missing = len(dims) - value.type.rank
    is_cheap = value.constant is not None or (value.type.is_static and value.type.count != largest)
    if not is_cheap:
        return None
    if missing:
        value = build.emit(ops.reshape, value, shape=(1,) * missing + value.type.shape)
    return build.emit(ops.permute, value, dims=inverse(dims))


def _move_axis(attrs: dict[str, Any], dims: Dims) -> dict[str, Any]:
    return attrs | {"axis": dims[attrs["axis"]]}


# Operators that keep the number of axes and name one of them.
ALONG_ONE_AXIS: dict[OpSpec, Callable[[dict[str, Any], Dims], dict[str, Any]]] = {
    ops.softmax: _move_axis,
    ops.concat: _move_axis,
}


@rewrite(*ALONG_ONE_AXIS)
def sink_along_axis(node: Node, build: Builder) -> Value | None:
    """An operator along one axis works on that axis wherever it stands."""
    dims = permuted_by(node.inputs[0])
    if dims is None or len(node.outputs) != 1:
        return None
    inputs = []
    for value in node.inputs:
        if value is None or (permuted_by(value) != dims and value.constant is None):
            return None
        inputs.append(unpermuted(value) if permuted_by(value) == dims else build.emit(ops.permute, value, dims=inverse(dims)))
    moved = build.emit(node.op, *inputs, **ALONG_ONE_AXIS[node.op](node.attrs, dims))
    return build.emit(ops.permute, moved, dims=dims)


REDUCTIONS = tuple(op for op in ops.OPS.values() if {"axes", "keepdim"} <= set(op.attributes))


@rewrite(*REDUCTIONS)
def sink_through_reduction(node: Node, build: Builder) -> Value | None:
    """A reduction names its axes; what it leaves keeps the permuted order."""
    (x,) = node.inputs
    dims = permuted_by(x)
    if dims is None or x is None or len(node.outputs) != 1:
        return None
    rank = len(dims)
    axes = [axis % rank for axis in node.attrs["axes"]] or list(range(rank))
    keepdim = node.attrs["keepdim"]
    attrs = node.attrs | {"axes": tuple(sorted(dims[axis] for axis in axes))}
    reduced = build.emit(node.op, unpermuted(x), **attrs)
    if keepdim:
        return build.emit(ops.permute, reduced, dims=dims)
    kept = [dims[axis] for axis in range(rank) if axis not in axes]
    order = sorted(kept)
    return build.emit(ops.permute, reduced, dims=tuple(order.index(axis) for axis in kept))


@rewrite(ops.permute)
def permute_is_reshape(node: Node, build: Builder) -> Value | None:
    """Moving axes of size 1 about leaves the elements in order: that needs no code."""
    (x,) = node.inputs
    assert x is not None
    wide = [axis for axis in node.attrs["dims"] if x.type.shape[axis] != 1]
    if wide != sorted(wide):
        return None
    return build.emit(ops.reshape, x, shape=node.output.type.shape)


@rewrite(ops.reshape)
def merge_reshapes(node: Node, build: Builder) -> Value | None:
    """reshape(reshape(x)) is one reshape; one to the same shape is x."""
    (x,) = node.inputs
    assert x is not None
    if x.type.shape == node.output.type.shape:
        return x
    if x.producer is None or x.producer.op is not ops.reshape:
        return None
    return build.emit(ops.reshape, x.producer.inputs[0], shape=node.attrs["shape"])




SINK_PERMUTES = Rewrites(
    "sink-permutes",
    (merge_permutes, sink_through_elementwise, sink_along_axis, sink_through_reduction, merge_reshapes),
)
PERMUTES_TO_RESHAPES = Rewrites("permutes-to-reshapes", (merge_permutes, permute_is_reshape, merge_reshapes))
