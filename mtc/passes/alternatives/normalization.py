"""Normalizations and softmax by means, sums and exponentials."""

from __future__ import annotations

from mtc import ops
from mtc.ir.dims import floor_div, product
from mtc.ir.module import Node, Value
from mtc.passes.alternatives.formulas import Formula, real, wide_real
from mtc.passes.decomposition import batch_norm_is_affine


def _last_axes(x: Value, count: int) -> tuple[int, ...]:
    return tuple(range(x.type.rank - count, x.type.rank))


def _scaled(f: Formula, x: Value, weight: Value | None, bias: Value | None) -> Value:
    x = x if weight is None else f(ops.mul, x, weight)
    return x if bias is None else f(ops.add, x, bias)


@wide_real(ops.layer_norm)
def layer_norm_by_means(node: Node, f: Formula) -> Value:
    x, weight, bias = node.operand(0), node.inputs[1], node.inputs[2]
    axes = _last_axes(x, node.attrs["normalized_axes"])
    centred = f(ops.sub, x, f(ops.mean, x, axes=axes, keepdim=True))
    variance = f(ops.mean, f(ops.square, centred), axes=axes, keepdim=True)
    normal = f(ops.mul, centred, f(ops.rsqrt, f.plus(variance, node.attrs["eps"])))
    return _scaled(f, normal, weight, bias)


@wide_real(ops.rms_norm)
def rms_norm_by_mean(node: Node, f: Formula) -> Value:
    x = node.operand(0)
    squares = f(ops.mean, f(ops.square, x), axes=_last_axes(x, node.attrs["normalized_axes"]), keepdim=True)
    return _scaled(f, f(ops.mul, x, f(ops.rsqrt, f.plus(squares, node.attrs["eps"]))), node.inputs[1], None)


@real(ops.group_norm)
def group_norm_by_layer_norm(node: Node, f: Formula) -> Value:
    """A group of channels is one long row."""
    x, weight, bias = node.operand(0), node.inputs[1], node.inputs[2]
    batch, channels, *spatial = x.type.shape
    groups = node.attrs["num_groups"]
    rows = f(ops.reshape, x, shape=(batch, groups, floor_div(product((channels, *spatial)), groups)))
    normal = f.build.emit(ops.layer_norm, rows, None, None, eps=node.attrs["eps"])
    along = (channels, *[1] * len(spatial))
    parameters = [None if p is None else f(ops.reshape, p, shape=along) for p in (weight, bias)]
    return _scaled(f, f(ops.reshape, normal, shape=x.type.shape), *parameters)


@real(ops.batch_norm)
def batch_norm_by_affine(node: Node, f: Formula) -> Value | None:
    replaced = batch_norm_is_affine.apply(node, f.build)
    return replaced if isinstance(replaced, Value) else None


@wide_real(ops.softmax)
def softmax_by_exp(node: Node, f: Formula) -> Value:
    x, axes = node.operand(0), (node.attrs["axis"],)
    powers = f(ops.exp, f(ops.sub, x, f(ops.amax, x, axes=axes, keepdim=True)))
    return f(ops.div, powers, f(ops.sum, powers, axes=axes, keepdim=True))


@real(ops.softmax)
def softmax_along_the_last_axis(node: Node, f: Formula) -> Value | None:
    """Some libraries have no other."""
    x = node.operand(0)
    rank = x.type.rank
    axis = node.attrs["axis"] % rank if rank else -1
    if axis in (-1, rank - 1):
        return None
    swapped = list(range(rank))
    swapped[axis], swapped[-1] = swapped[-1], swapped[axis]
    moved = f(ops.softmax, f(ops.permute, x, dims=tuple(swapped)), axis=-1)
    return f(ops.permute, moved, dims=tuple(swapped))


@wide_real(ops.log_softmax)
def log_softmax_by_sum(node: Node, f: Formula) -> Value:
    x, axes = node.operand(0), (node.attrs["axis"],)
    shifted = f(ops.sub, x, f(ops.amax, x, axes=axes, keepdim=True))
    return f(ops.sub, shifted, f(ops.log, f(ops.sum, f(ops.exp, shifted), axes=axes, keepdim=True)))


@wide_real(ops.var)
def var_by_means(node: Node, f: Formula) -> Value | None:
    x, attrs = node.operand(0), node.attrs
    count = product([x.type.shape[axis] for axis in attrs["axes"]]) if attrs["axes"] else x.type.count
    if not isinstance(count, int) or count <= attrs["correction"]:
        return None
    centred = f(ops.sub, x, f(ops.mean, x, axes=attrs["axes"], keepdim=True))
    mean = f(ops.mean, f(ops.square, centred), axes=attrs["axes"], keepdim=attrs["keepdim"])
    return f.times(mean, count / (count - attrs["correction"]))


NORMALIZATION = (
    layer_norm_by_means,
    rms_norm_by_mean,
    group_norm_by_layer_norm,
    batch_norm_by_affine,
    softmax_by_exp,
    softmax_along_the_last_axis,
    log_softmax_by_sum,
    var_by_means,
)
