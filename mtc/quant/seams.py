"""Seams: places where a channel can be scaled in front and scaled back behind, and the model stays the same function.

In front stands an operator whose weights scale its results, behind it those that multiply with weights of their own,
between them only functions with f(s x) = s f(x) for s > 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

import numpy as np

from mtc import ops
from mtc.ir.dims import product
from mtc.ir.module import Function, Node, Value
from mtc.ir.opspec import OpSpec
from mtc.ir.structural import RETURN
from mtc.ir.types import F32
from mtc.ops.define import Layout
from mtc.ops.shape import PadMode
from mtc.passes.matching import UNBOUNDED, is_rounded
from mtc.passes.weight_channels import CONVOLUTIONS, TRANSPOSED

NORMS = (ops.layer_norm, ops.rms_norm)
_ELEMENTWISE = (ops.relu, ops.leaky_relu, ops.prelu, ops.neg, ops.abs, ops.copy, ops.clamp)
_WINDOWED = (  # over the last two axes
    ops.max_pool2d,
    ops.avg_pool2d,
    ops.adaptive_avg_pool2d,
    ops.upsample_nearest2d,
    ops.upsample_bilinear2d,
)


@dataclass(frozen=True)
class Channels:
    """Where the channels of a value are: element i of `axes`, in row-major order, is of channel `i // repeat`."""

    axes: tuple[int, ...]
    repeat: int = 1

    def of(self, array: np.ndarray, count: int) -> np.ndarray:
        """The elements of each channel: [count, all others]."""
        return np.moveaxis(array, self.axes, range(len(self.axes))).reshape(count, -1)


@dataclass(frozen=True)
class Sink:
    """An operator behind a seam, and where its operand has the seam's channels."""

    node: Node
    channels: Channels


@dataclass(frozen=True)
class Seam:
    """`source` has `count` channels, which all `sinks` multiply with weights. `limited` are nodes between them that cut
    off at a number above 0, as relu6 does: they do not scale, unless nothing ever reaches the number."""

    source: Node
    sinks: tuple[Sink, ...]
    count: int
    limited: tuple[Node, ...] = ()


def seams(function: Function) -> Iterator[Seam]:
    """All seams of a function, in order."""
    for node in function:
        channels = _source_channels(node)
        if channels is None:
            continue
        count = node.output.type.shape[channels.axes[0]]
        walk = _Walk()
        if isinstance(count, int) and walk.passes(node) and walk.follow(node.output, channels):
            yield Seam(node, tuple(walk.sinks), count, tuple(walk.limited))


def _source_channels(node: Node) -> Channels | None:
    """Where the results of an operator that can be a source have their channels."""
    if node.op in NORMS:
        is_source = (
            node.attrs["normalized_axes"] == 1 and all(map(_is_own, node.inputs[1:])) and node.inputs[1] is not None
        )
        return Channels((node.output.type.rank - 1,)) if is_source else None
    if not _has_own_weights(node):
        return None
    return Channels((node.output.type.rank - 1 if node.op is ops.linear else 1,))


def _has_own_weights(node: Node) -> bool:
    return (
        node.op in (*CONVOLUTIONS, *TRANSPOSED, ops.linear)
        and node.attrs.get("layout", Layout.NCHW) is Layout.NCHW
        and all(map(_is_own, node.inputs[1:]))
    )


def _is_own(parameter: Value | None) -> bool:
    """Whether nothing else reads it: it would be stored twice."""
    return parameter is None or (
        parameter.constant is not None and parameter.type.dtype is F32 and parameter.has_single_use
    )


@dataclass
class _Walk:
    """From a source to all its sinks."""

    sinks: list[Sink] = field(default_factory=list)
    limited: list[Node] = field(default_factory=list)
    passed: set[Node] = field(default_factory=set)

    def follow(self, value: Value, channels: Channels) -> bool:
        """Whether all that reads a value is a sink, or passes it on to some."""
        if not value.users:
            return False
        for node, index in value.users:
            if node in self.passed:  # what reads it twice scales by the square
                return False
            self.passed.add(node)
            if index == 0 and _is_sink(node, channels):
                self.sinks.append(Sink(node, channels))
                continue
            if node.op is RETURN or len(node.outputs) != 1 or not self.passes(node):
                return False
            moved = _moved(node, index, channels)
            if moved is None or not self.follow(node.output, moved):
                return False
        return True

    def passes(self, node: Node) -> bool:
        """Whether the limits of a clamp, or of the clamp in a node, scale; those that only seem to are collected."""
        own = node.op is ops.clamp
        low, high = (node.attrs["min"], node.attrs["max"]) if own else node.attrs.get("clamp", UNBOUNDED)
        if low not in (0, -inf) or high < 0:
            return False
        if high not in (0, inf):
            self.limited.append(node)
        return True


def _is_sink(node: Node, channels: Channels) -> bool:
    if not _has_own_weights(node):
        return False
    if node.op is ops.linear:
        return channels.axes == (node.operand(0).type.rank - 1,)
    return channels == Channels((1,))


def _moved(node: Node, index: int, channels: Channels) -> Channels | None:
    """Where the channels of operand `index` are in a node's result, if the node is homogeneous in it."""
    if node.op in _ELEMENTWISE:
        return channels if index == 0 else None
    if node.op in _WINDOWED:
        rank = node.operand(0).type.rank
        is_first = node.attrs.get("layout", Layout.NCHW) is Layout.NCHW
        return channels if is_first and max(channels.axes) < rank - 2 else None
    rule = _MOVES.get(node.op)
    return rule(node, index, channels) if rule is not None else None


def _reshaped(node: Node, index: int, channels: Channels) -> Channels | None:
    """The same elements in a row; what follows them may join them, as `flatten` does."""
    before, after = node.operand(0).type.shape, node.output.type.shape
    first, last = channels.axes[0], channels.axes[-1]
    if channels.axes != tuple(range(first, last + 1)):
        return None
    block, ahead = product(before[first : last + 1]), product(before[:first])
    starts = [i for i in range(len(after)) if product(after[:i]) == ahead]
    for start in reversed(starts):  # the last: those before it begin with axes of one element
        for end in range(start + 1, len(after) + 1):
            if product(after[start:end]) == block:
                return Channels(tuple(range(start, end)), channels.repeat)
        for end in range(last + 2, len(before) + 1):
            joined = product(before[last + 1 : end])
            if isinstance(joined, int) and after[start] == block * joined:
                return Channels((start,), channels.repeat * joined)
    return None


def _permuted(node: Node, index: int, channels: Channels) -> Channels | None:
    return Channels(tuple(node.attrs["dims"].index(axis) for axis in channels.axes), channels.repeat)


def _averaged(node: Node, index: int, channels: Channels) -> Channels | None:
    rank = node.operand(0).type.rank
    axes = {axis % rank for axis in node.attrs["axes"]} or set(range(rank))
    if axes & set(channels.axes):
        return None
    if node.attrs["keepdim"]:
        return channels
    return Channels(tuple(axis - sum(gone < axis for gone in axes) for axis in channels.axes), channels.repeat)


def _padded(node: Node, index: int, channels: Channels) -> Channels | None:
    padding = node.attrs["padding"]
    is_zero = node.attrs["mode"] is not PadMode.CONSTANT or node.attrs["value"] == 0
    return channels if is_zero and not any(padding[2 * a + i] != 0 for a in channels.axes for i in (0, 1)) else None


def _multiplied(node: Node, index: int, channels: Channels) -> Channels | None:
    """A product with something else, for each element."""
    if node.op is ops.div and (index == 1 or is_rounded(node)):
        return None
    return channels if node.operand(index).type.shape == node.output.type.shape else None


def _attended(node: Node, index: int, channels: Channels) -> Channels | None:
    """Attention is a sum of values over axis -2."""
    rank = node.output.type.rank
    is_value = index == 2 and not node.attrs["enable_gqa"] and node.operand(2).type.rank == rank
    return channels if is_value and rank - 2 not in channels.axes else None


def _mixed(node: Node, index: int, channels: Channels) -> Channels | None:
    """A product with a matrix from the left sums over axis -2 of the right operand."""
    rank = node.output.type.rank
    is_right = index == 1 and not node.attrs["transpose_y"] and node.operand(1).type.rank == rank
    if not is_right or rank - 2 in channels.axes:
        return None
    same = all(node.operand(1).type.shape[axis] == node.output.type.shape[axis] for axis in channels.axes)
    return channels if same else None


_MOVES: dict[OpSpec, Callable[[Node, int, Channels], Channels | None]] = {
    ops.reshape: _reshaped,
    ops.permute: _permuted,
    ops.mean: _averaged,
    ops.pad: _padded,
    ops.mul: _multiplied,
    ops.div: _multiplied,
    ops.scaled_dot_product_attention: _attended,
    ops.matmul: _mixed,
}
