"""Permutes that meet: two in a row are one, one with its inverse is none, and some are no more than a reshape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, made_by, stands_for

Axes = tuple[int, ...]


def inverse(dims: Axes) -> Axes:
    """The permute that undoes `dims`."""
    return tuple(dims.index(axis) for axis in range(len(dims)))


def _move_each(*names: str, size: int = 1) -> Callable[[dict[str, Any], Axes], dict[str, Any]]:
    """Attributes with `size` numbers for each axis."""

    def move(attrs: dict[str, Any], dims: Axes) -> dict[str, Any]:
        order = [size * axis + i for axis in inverse(dims) for i in range(size)]
        return {name: tuple(attrs[name][i] for i in order) for name in names}

    return move


def _move_named(attrs: dict[str, Any], dims: Axes) -> dict[str, Any]:
    return {"axes": tuple(dims[axis] for axis in attrs["axes"])}


# Operators whose attributes say something of every axis, or of some, and what these are in front of a permute by `dims`
# that stood before the operator.
BY_AXIS = {
    ops.pad: _move_each("padding", size=2),
    ops.slice: _move_each("begin", "end", "step"),
    ops.expand: _move_each("shape"),
    ops.flip: _move_named,
    ops.roll: _move_named,
}


def permuted_by(value: Value | None) -> Axes | None:
    """The axes of the permute that made `value`, if one did."""
    node = made_by(value, ops.permute)
    return None if node is None else node.attrs["dims"]


def unpermuted(value: Value) -> Value:
    """What the permute that made `value` read."""
    assert value.producer is not None and value.producer.inputs[0] is not None
    return value.producer.inputs[0]


def is_wanted(value: Value, dims: Axes, depth: int = 8) -> bool:
    """Whether a permute by `dims` that makes `value` would cancel: a reader, perhaps behind operators that permutes
    move through, undoes it."""
    for user in value.user_nodes:
        if user.op is ops.permute:
            if user.attrs["dims"] == inverse(dims):
                return True
        elif user.op.has(Trait.ELEMENTWISE) or user.op in BY_AXIS or "axis" in user.op.attributes:
            same_rank = [out for out in user.outputs if out.type.rank == len(dims)]
            if depth and any(is_wanted(out, dims, depth - 1) for out in same_rank):
                return True
    return False


@rewrite(ops.permute, quantized=True)
def merge_permutes(node: Node, build: Builder) -> Value | None:
    """permute(permute(x)) is one permute; one that leaves every axis in place is x."""
    (x,) = node.inputs
    dims = node.attrs["dims"]
    assert x is not None
    if dims == tuple(range(len(dims))):
        return x if stands_for(x, node.output) else None
    inner = permuted_by(x)
    if inner is None:
        return None
    absorb(build, x.producer)
    return build.emit(ops.permute, unpermuted(x), dims=tuple(inner[d] for d in dims))


@rewrite(ops.permute, quantized=True)
def permute_is_reshape(node: Node, build: Builder) -> Value | None:
    """Moving axes of size 1 about leaves the elements in order: that needs no code."""
    (x,) = node.inputs
    assert x is not None
    wide = [axis for axis in node.attrs["dims"] if x.type.shape[axis] != 1]
    if wide != sorted(wide):
        return None
    return build.emit(ops.reshape, x, shape=node.output.type.shape)


@rewrite(ops.reshape, quantized=True)
def merge_reshapes(node: Node, build: Builder) -> Value | None:
    """reshape(reshape(x)) is one reshape; one to the same shape is x."""
    (x,) = node.inputs
    assert x is not None
    if stands_for(x, node.output):
        return x
    inner = made_by(x, ops.reshape)
    if inner is None:
        return None
    absorb(build, inner)
    return build.emit(ops.reshape, inner.inputs[0], shape=node.attrs["shape"])


SIMPLIFY_RESHAPES = Rewrites("simplify-reshapes", (merge_permutes, permute_is_reshape, merge_reshapes))
