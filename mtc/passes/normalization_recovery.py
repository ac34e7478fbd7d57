"""Normalizations that a model or a format spells out, as the one op each is."""

from __future__ import annotations

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.module import Node, Value
from mtc.ir.rewriter import rewrite
from mtc.passes.base import Rewrites
from mtc.passes.matching import absorb, is_rounded, made_by, operands, orders, with_number


def _last_axes(node: Node, rank: int) -> int | None:
    """n if a reduction that keeps its axes is over the last n."""
    axes = sorted(axis % rank for axis in node.attrs["axes"]) or list(range(rank))
    is_last = node.attrs["keepdim"] and axes == list(range(rank - len(axes), rank))
    return len(axes) if is_last else None


def _mean_of(value: Value | None) -> tuple[Value, int] | None:
    """What `value` is the mean of, and over how many last axes."""
    node = made_by(value, ops.mean)
    x = node.inputs[0] if node is not None else None
    axes = None if node is None or x is None else _last_axes(node, x.type.rank)
    return None if x is None or axes is None else (x, axes)


def _mean_of_squares(value: Value) -> tuple[Value, int] | None:
    """x of `mean(x * x)`."""
    mean = _mean_of(value)
    square = made_by(mean[0], ops.square) if mean is not None else None
    return None if mean is None or square is None else (operands(square)[0], mean[1])


def _variance_of(value: Value) -> tuple[Value, int] | None:
    """x of `var(x)` without correction."""
    node = made_by(value, ops.var)
    if node is None or node.attrs["correction"] != 0:
        return None
    (x,) = operands(node)
    axes = _last_axes(node, x.type.rank)
    return None if axes is None else (x, axes)


def _divided_by_root(node: Node) -> tuple[Value, Value, float] | None:
    """(x, y, eps) of `x / sqrt(y + eps)` or `x * rsqrt(y + eps)`."""
    if is_rounded(node):
        return None
    for x, root in orders(node) if node.op is ops.mul else [operands(node)]:
        inner = made_by(root, ops.rsqrt if node.op is ops.mul else ops.sqrt)
        if inner is None or not root.has_single_use:
            continue
        plus = made_by(inner.inputs[0], ops.add)
        found = with_number(plus) if plus is not None else None
        if found is not None and found[1] > 0:
            return x, found[0], float(found[1])
    return None


@rewrite(ops.mul, ops.div)
def recover_layer_norm(node: Node, build: Builder) -> Value | None:
    """`(x - mean(x)) / sqrt(mean((x - mean(x)) ** 2) + eps)` over the last axes."""
    found = _divided_by_root(node)
    if found is None:
        return None
    centred, spread, eps = found
    difference = made_by(centred, ops.sub)
    mean = _mean_of(difference.inputs[1]) if difference is not None else None
    if difference is None or mean is None or difference.inputs[0] is not mean[0]:
        return None
    x, axes = mean
    variance = _mean_of_squares(spread) or _variance_of(spread)
    if variance not in ((centred, axes), (x, axes)) or (variance == (x, axes) and _variance_of(spread) is None):
        return None
    absorb(build, difference)
    return build.emit(ops.layer_norm, x, None, None, normalized_axes=axes, eps=eps)


@rewrite(ops.mul, ops.div)
def recover_rms_norm(node: Node, build: Builder) -> Value | None:
    """`x / sqrt(mean(x * x) + eps)` over the last axes."""
    found = _divided_by_root(node)
    squares = _mean_of_squares(found[1]) if found is not None else None
    if found is None or squares is None or squares[0] is not found[0]:
        return None
    difference = made_by(found[0], ops.sub)
    if difference is not None and _mean_of(difference.inputs[1]) is not None:  # a layer norm, perhaps
        return None
    absorb(build, squares[0].producer)
    return build.emit(ops.rms_norm, found[0], None, normalized_axes=squares[1], eps=found[2])


@rewrite(ops.mul)
def scale_normalized(node: Node, build: Builder) -> Value | None:
    """The weight of a normalization belongs to it."""
    for x, weight in orders(node):
        norm = made_by(x, ops.layer_norm, ops.rms_norm)
        if norm is None or not x.has_single_use or any(value is not None for value in norm.inputs[1:]):
            continue
        parameter = _parameter(norm, weight)
        if parameter is None:
            continue
        absorb(build, norm)
        return build.emit(norm.op, norm.inputs[0], parameter, *norm.inputs[2:], **norm.attrs)
    return None


@rewrite(ops.add)
def shift_normalized(node: Node, build: Builder) -> Value | None:
    """The bias of a layer norm belongs to it."""
    for x, bias in orders(node):
        norm = made_by(x, ops.layer_norm)
        if norm is None or not x.has_single_use or norm.inputs[2] is not None or _parameter(norm, bias) is None:
            continue
        absorb(build, norm)
        return build.emit(ops.layer_norm, norm.inputs[0], norm.inputs[1], bias, **norm.attrs)
    return None


def _parameter(norm: Node, value: Value) -> Value | None:
    """`value` if it is a constant shaped like the normalized axes."""
    axes = norm.attrs["normalized_axes"]
    fits = value.constant is not None and value.type.shape == norm.output.type.shape[-axes:]
    return value if fits else None


@rewrite(ops.div)
def recover_softmax(node: Node, build: Builder) -> Value | None:
    """`exp(x) / sum(exp(x))`, mostly with the largest element subtracted from x before."""
    powers, total = operands(node)
    exp, sum = made_by(powers, ops.exp), made_by(total, ops.sum)
    if is_rounded(node) or exp is None or sum is None or sum.inputs[0] is not powers or not sum.attrs["keepdim"]:
        return None
    axes = sum.attrs["axes"]
    if len(axes) != 1 or powers.type != node.output.type:
        return None
    (x,) = operands(exp)
    absorb(build, exp)
    return build.emit(ops.softmax, _without_maximum(x, axes[0]), axis=axes[0] % x.type.rank)


def _without_maximum(x: Value, axis: int) -> Value:
    """`y` of `y - amax(y)`, which softmax does itself."""
    difference = made_by(x, ops.sub)
    if difference is None:
        return x
    y, largest = operands(difference)
    maximum = made_by(largest, ops.amax)
    if maximum is None or maximum.inputs[0] is not y or not maximum.attrs["keepdim"]:
        return x
    rank = y.type.rank
    return y if [a % rank for a in maximum.attrs["axes"]] == [axis % rank] else x


RECOVER_NORMALIZATIONS = Rewrites(
    "recover-normalizations",
    (recover_layer_norm, recover_rms_norm, scale_normalized, shift_normalized, recover_softmax),
)
