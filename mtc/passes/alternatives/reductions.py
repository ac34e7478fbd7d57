"""Means, sums and extremes by each other, and by pooling over the whole image."""

from __future__ import annotations

import ml_dtypes

from mtc import ops
from mtc.ir.dims import product
from mtc.ir.module import Node, Value
from mtc.ops.define import Layout
from mtc.ops.pooling import image_size
from mtc.passes.alternatives.formulas import Formula, any_number, real, wide_real
from mtc.passes.matching import UNBOUNDED

_IMAGE = (2, 3)


def _axes(node: Node) -> tuple[int, ...]:
    """The axes that are reduced, counted from the front and in order."""
    rank = node.operand(0).type.rank
    return tuple(sorted(axis % rank for axis in node.attrs["axes"])) if node.attrs["axes"] else tuple(range(rank))


def _count(node: Node) -> int | None:
    """How many elements become one, if that is known."""
    x = node.operand(0).type
    count = product([x.shape[axis] for axis in _axes(node)])
    return count if isinstance(count, int) and count > 0 else None


@wide_real(ops.mean)
def mean_by_sum(node: Node, f: Formula) -> Value | None:
    count = _count(node)
    return None if count is None else f.times(f(ops.sum, node.operand(0), **node.attrs), 1 / count)


@wide_real(ops.sum)
def sum_by_mean(node: Node, f: Formula) -> Value | None:
    count = _count(node)
    return None if count is None else f.times(f(ops.mean, node.operand(0), **node.attrs), count)


@any_number(ops.mean, ops.sum, ops.amax, ops.amin)
def reduction_axis_by_axis(node: Node, f: Formula) -> Value | None:
    """Where a library takes neighbouring axes only; the last ones first, so that the others keep their places."""
    axes = _axes(node)
    if len(axes) < 2 or axes[-1] - axes[0] + 1 == len(axes):
        return None
    x = node.operand(0)
    for axis in reversed(axes):
        x = f(node.op, x, axes=(axis,), keepdim=node.attrs["keepdim"])
    return x


def _image(node: Node) -> tuple[int, int] | None:
    """Height and width, if it is these that are reduced."""
    x = node.operand(0).type
    if x.rank != 4 or _axes(node) != _IMAGE:
        return None
    height, width = x.shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) and height * width > 0 else None


@any_number(ops.mean, ops.amax)
def reduction_by_pooling(node: Node, f: Formula) -> Value | None:
    """One window as large as the image."""
    size = _image(node)
    if size is None:
        return None
    pool = ops.avg_pool2d if node.op is ops.mean else ops.max_pool2d
    pooled = f(pool, node.operand(0), kernel_size=size, stride=size)
    return pooled if node.attrs["keepdim"] else f(ops.reshape, pooled, shape=node.output.type.shape)


@any_number(ops.avg_pool2d, ops.max_pool2d)
def pooling_by_reduction(node: Node, f: Formula) -> Value | None:
    x, attrs = node.operand(0), node.attrs
    whole = image_size(x.type, attrs["layout"]) == attrs["kernel_size"] and attrs["layout"] is Layout.NCHW
    if not whole or any(attrs["padding"]) or attrs.get("divisor_override") or attrs.get("dilation", (1, 1)) != (1, 1):
        return None
    if attrs["clamp"] != UNBOUNDED and not x.type.dtype.is_float:
        return None
    reduced = f(ops.mean if node.op is ops.avg_pool2d else ops.amax, x, axes=_IMAGE, keepdim=True)
    return f.limited(reduced, attrs["clamp"])


@real(ops.adaptive_avg_pool2d)
def adaptive_pooling_by_windows(node: Node, f: Formula) -> Value | None:
    """Windows that divide the image are all of one size."""
    x, size = node.operand(0), node.attrs["size"]
    image = image_size(x.type, node.attrs["layout"])
    if not all(isinstance(length, int) for length in (*image, *size)):
        return None
    if any(length % count for length, count in zip(image, size, strict=True)):
        return None
    window = tuple(length // count for length, count in zip(image, size, strict=True))
    return f(ops.avg_pool2d, x, kernel_size=window, stride=window, layout=node.attrs["layout"])


@real(ops.amin, ops.amax)
def extreme_by_opposite(node: Node, f: Formula) -> Value:
    other = ops.amax if node.op is ops.amin else ops.amin
    return f(ops.neg, f(other, f(ops.neg, node.operand(0)), **node.attrs))


@wide_real(ops.logsumexp)
def logsumexp_by_sum(node: Node, f: Formula) -> Value:
    """Less the largest element, so that no exponential overflows; where that is infinite, less the largest number:
    the difference of two infinities is NaN."""
    x, attrs = node.operand(0), node.attrs
    most = float(ml_dtypes.finfo(x.type.dtype.numpy).max)  # type: ignore[no-untyped-call]
    shift = f(ops.clamp, f(ops.amax, x, axes=attrs["axes"], keepdim=True), min=-most, max=most)
    total = f(ops.sum, f(ops.exp, f(ops.sub, x, shift)), axes=attrs["axes"], keepdim=True)
    result = f(ops.add, f(ops.log, total), shift)
    return result if attrs["keepdim"] else f(ops.reshape, result, shape=node.output.type.shape)


REDUCTIONS = (
    mean_by_sum,
    sum_by_mean,
    reduction_axis_by_axis,
    reduction_by_pooling,
    pooling_by_reduction,
    adaptive_pooling_by_windows,
    extreme_by_opposite,
    logsumexp_by_sum,
)
