"""Move permutes towards the graph's end, and cancel them where they meet.

A permute sinks through an operator that treats all axes alike, or names the axes it means: `relu(permute(x))` is
`permute(relu(x))`. What convolutions in another layout need at their borders so meets and cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.opspec import OpSpec, Trait
from mtc.ir.rewriter import rewrite
from mtc.ops.define import Layout
from mtc.passes.base import Rewrites
from mtc.passes.layout import TO_NCHW
from mtc.passes.permutes import (
    BY_AXIS,
    Axes,
    inverse,
    is_wanted,
    merge_permutes,
    merge_reshapes,
    permuted_by,
    unpermuted,
)
from mtc.passes.reshape_sinking import hoist_through_reshape, shuffle_in_layout, sink_through_reshape


def _sinking(value: Value | None) -> Axes | None:
    """The permute that made `value`. That of a constant folds where it stands: nothing is saved by moving it."""
    dims = permuted_by(value)
    return None if dims is None or value is None or unpermuted(value).constant is not None else dims


def _common_permute(values: Sequence[Value | None], result: Value) -> Axes | None:
    """The permute of an operand that is as large as the result: small operands follow it for little."""
    found = [_sinking(value) for value in values if value is not None and not _is_broadcast(value, result)]
    wanted = [dims for dims in found if dims is not None and len(dims) == result.type.rank]
    return TO_NCHW if TO_NCHW in wanted else next(iter(wanted), None)


def _is_broadcast(value: Value, result: Value) -> bool:
    shape = (1,) * (result.type.rank - value.type.rank) + value.type.shape
    return any(size == 1 and whole != 1 for size, whole in zip(shape, result.type.shape, strict=True))


def _pays(values: Sequence[Value], dims: Axes, result: Value) -> bool:
    """Operands in the old order get a permute each, which folds or merges if they are constant or permuted themselves;
    else it is fine if it saves as many, one behind `result` included.

    Only in one direction, from NHWC: two such moves would undo each other for ever.
    """
    dense = sum(value.constant is None and permuted_by(value) is None for value in values)
    permuted = sum(_sinking(value) == dims for value in values)
    return dense == 0 or (dims == TO_NCHW and dense <= permuted and is_wanted(result, dims))


def _before(value: Value, dims: Axes, build: Builder) -> Value:
    """`value`, broadcast to the rank of `dims` if need be, as it was before a permute by `dims`."""
    if permuted_by(value) == dims:
        return unpermuted(value)
    if value.type.rank == 0:
        return value
    missing = len(dims) - value.type.rank
    if missing:
        value = build.emit(ops.reshape, value, shape=(1,) * missing + value.type.shape)
    return build.emit(ops.permute, value, dims=inverse(dims))


@rewrite(quantized=True)
def sink_through_elementwise(node: Node, build: Builder) -> Value | None:
    """Elementwise operators do not care about the order of axes, if all operands have the same."""
    if not node.op.has(Trait.ELEMENTWISE) or len(node.outputs) != 1:
        return None
    dims = _common_permute(node.inputs, node.output)
    if node.op is ops.dequantize and dims is not None and not is_wanted(node.output, dims):
        return None  # integers are a quarter of the bytes to move
    large = [value for value in node.inputs if value is not None and not _is_broadcast(value, node.output)]
    if dims is None or not _pays(large, dims, node.output):
        return None
    inputs = [None if value is None else _before(value, dims, build) for value in node.inputs]
    return build.emit(ops.permute, build.again(node, *inputs).output, dims=dims)


# Operators that work along one axis and keep the number of axes. Operands of rank 1 are no tensors of that shape.
ALONG_AXIS = tuple(op for op in ops.OPS.values() if "axis" in op.attributes and "keepdim" not in op.attributes)


@rewrite(*ALONG_AXIS, quantized=True)
def sink_along_axis(node: Node, build: Builder) -> list[Value] | None:
    """An operator along one axis works on that axis wherever it stands."""
    x = node.inputs[0]
    rank = 0 if x is None else x.type.rank
    others = [value for value in node.inputs if value is not None and value.type.rank == rank]
    dims = next(filter(None, map(_sinking, others)), None)
    if dims is None or any(value.type.rank != rank for value in node.outputs):
        return None
    if not _pays(others, dims, node.outputs[0]):
        return None
    inputs = [value if value not in others or value is None else _before(value, dims, build) for value in node.inputs]
    new = build.again(node, *inputs, axis=dims[node.attrs["axis"]])
    return [build.emit(ops.permute, value, dims=dims) for value in new.outputs]


def _meets_permute(value: Value) -> bool:
    """Whether the next operator but for reshapes is a permute."""
    while value.has_single_use:
        (user,) = value.user_nodes
        if user.op is not ops.reshape:
            return user.op is ops.permute
        value = user.output
    return False


@rewrite(*BY_AXIS, quantized=True)
def sink_through_moves(node: Node, build: Builder) -> Value | None:
    """Padding, slices and their like are stated for each axis."""
    (x,) = node.inputs
    dims = permuted_by(x)
    if dims is None or x is None or node.output.type.rank != len(dims):
        return None
    # Of parts of one permuted tensor (queries, keys and values) each would get a permute.
    if not x.has_single_use and dims != TO_NCHW and not _meets_permute(node.output):
        return None
    moved = build.again(node, unpermuted(x), **BY_AXIS[node.op](node.attrs, dims)).output
    return build.emit(ops.permute, moved, dims=dims)


REDUCTIONS = tuple(op for op in ops.OPS.values() if "keepdim" in op.attributes)


@rewrite(*REDUCTIONS, quantized=True)
def sink_through_reduction(node: Node, build: Builder) -> Value | None:
    """A reduction names its axes; what it leaves keeps the permuted order."""
    x = node.inputs[0]
    dims = permuted_by(x)
    if dims is None or x is None or len(node.outputs) != 1 or len(node.inputs) != 1:
        return None
    rank = len(dims)
    moved: dict[str, Any]
    if "axes" in node.attrs:
        axes = [axis % rank for axis in node.attrs["axes"]] or list(range(rank))
        moved = {"axes": tuple(sorted(dims[axis] for axis in axes))}
    else:
        axes = [node.attrs["axis"] % rank]
        moved = {"axis": dims[axes[0]]}
    reduced = build.again(node, unpermuted(x), **moved).output
    if node.attrs["keepdim"]:
        return build.emit(ops.permute, reduced, dims=dims)
    kept = [dims[axis] for axis in range(rank) if axis not in axes]
    order = sorted(kept)
    return build.emit(ops.permute, reduced, dims=tuple(order.index(axis) for axis in kept))


_TRAILING: dict[OpSpec, Callable[[Node], int]] = {
    ops.linear: lambda node: 1,
    ops.layer_norm: lambda node: node.attrs["normalized_axes"],
    ops.rms_norm: lambda node: node.attrs["normalized_axes"],
}


@rewrite(*_TRAILING, quantized=True)
def sink_through_rows(node: Node, build: Builder) -> Value | None:
    """What works on the last axes does not see the order of those before."""
    x = node.inputs[0]
    dims = permuted_by(x)
    if dims is None or x is None:
        return None
    count = _TRAILING[node.op](node)
    if dims[-count:] != tuple(range(len(dims) - count, len(dims))):
        return None
    return build.emit(ops.permute, build.again(node, unpermuted(x), *node.inputs[1:]).output, dims=dims)


@rewrite(*(op for op in ops.OPS.values() if op.has(Trait.LAYOUT_AWARE)), quantized=True)
def follow_layout(node: Node, build: Builder) -> Value | None:
    """Between operators in another layout, one that no library wants there follows them, if it has both.

    Windows and resizing have; a convolution that is still here is in the only layout of the kernel that takes it.
    """
    x = node.inputs[0]
    if len(node.inputs) > 1 or node.attrs["layout"] is not Layout.NCHW or permuted_by(x) != TO_NCHW or x is None:
        return None
    new = build.again(node, unpermuted(x), layout=Layout.NHWC)
    return build.emit(ops.permute, new.output, dims=TO_NCHW)


SINK_PERMUTES = Rewrites(
    "sink-permutes",
    (
        merge_permutes,
        sink_through_elementwise,
        sink_along_axis,
        sink_through_moves,
        sink_through_reduction,
        sink_through_rows,
        sink_through_reshape,
        shuffle_in_layout,
        hoist_through_reshape,
        follow_layout,
        merge_reshapes,
    ),
)
