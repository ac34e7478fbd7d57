"""Fold batch norms, and products and sums for each channel, into the weights of the operator beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mtc import ops
from mtc.ir.builder import Builder
from mtc.ir.constant import Constant
from mtc.ir.module import Node, Value
from mtc.ir.quantized import RANGES
from mtc.ir.rewriter import rewrite
from mtc.ir.types import DType, QParams
from mtc.passes.affine import Affine, affine_of
from mtc.passes.base import Rewrites
from mtc.passes.matching import UNBOUNDED, absorb, made_by
from mtc.passes.quantization_fusion import channel_axis
from mtc.passes.weight_channels import CONVOLUTIONS, TRANSPOSED, scale_inputs, scale_outputs

_WEIGHTED = (*CONVOLUTIONS, *TRANSPOSED, ops.linear)
# Bytes: the weights of language models stay in their file; a factor is not worth holding a scaled copy in memory.
_MOST_SCALED_LINEAR = 1 << 20


@rewrite(ops.batch_norm, ops.add, ops.mul, ops.div)
def fold_into_operator_before(node: Node, build: Builder) -> Value | None:
    """`scale * (weight · x + bias) + shift` is `(scale * weight) · x + (scale * bias + shift)`."""
    for value in node.inputs if node.op is not ops.batch_norm else node.inputs[:1]:
        feeder = made_by(value, *_WEIGHTED)
        if feeder is None or value is None:
            continue
        affine = affine_of(node, value.type.rank - 1 if feeder.op is ops.linear else 1)
        if affine is not None and affine.x is value and (folded := _into(feeder, affine, build)) is not None:
            return folded
    return None


@rewrite(ops.batch_norm)
def fold_into_linear_behind_reshape(node: Node, build: Builder) -> Value | None:
    """A batch norm takes rows of features with one axis before them, so that models join the others."""
    x = node.operand(0)
    reshape = made_by(x, ops.reshape)
    feeder = made_by(reshape.operand(0), ops.linear) if reshape is not None and x.has_single_use else None
    if reshape is None or feeder is None or x.type.rank != 2 or x.type.shape[1] != feeder.output.type.shape[-1]:
        return None
    affine = affine_of(node, 1)
    folded = _into(feeder, affine, build) if affine is not None else None
    return None if folded is None else build.again(reshape, folded).output


def _into(feeder: Node, affine: Affine, build: Builder) -> Value | None:
    """`feeder`, whose result goes nowhere else, with the factors and summands in its weights."""
    parameters = _parameters(feeder) or _quantized_parameters(feeder)
    if parameters is None or not feeder.output.has_single_use or feeder.attrs["clamp"] != UNBOUNDED:
        return None
    weight, bias = parameters
    new_weight = feeder.inputs[1] if affine.scale is None else _scaled(feeder, weight, affine.scale, build)
    if new_weight is None:
        return None
    absorb(build, feeder)
    total = np.zeros(1) if bias is None else bias.array().astype(np.float64)
    total = total if affine.scale is None else total * affine.scale
    total = total if affine.shift is None else total + affine.shift
    has_bias = bias is not None or affine.shift is not None
    new_bias = build.constant(_bias(bias or weight, total, feeder.output.type.dtype)) if has_bias else None
    return build.emit(feeder.op, feeder.inputs[0], new_weight, new_bias, **feeder.attrs)


@rewrite(*CONVOLUTIONS, ops.linear)
def fold_into_operator_after(node: Node, build: Builder) -> Value | None:
    """`weight · (scale * x + shift)` is `(weight * scale) · x + weight · shift`.

    Not with a shift where a convolution pads: outside of the image there is 0, not the shift.
    """
    x = node.inputs[0]
    parameters = _parameters(node)
    if x is None or x.producer is None or not x.has_single_use or parameters is None:
        return None
    weight, bias = parameters
    affine = affine_of(x.producer, x.type.rank - 1 if node.op is ops.linear else 1)
    if affine is None or (node.op is ops.linear and weight.nbytes > _MOST_SCALED_LINEAR):
        return None
    has_shift = affine.shift is not None and bool(np.any(affine.shift))
    if has_shift and any(node.attrs.get("padding", ())):
        return None
    absorb(build, x.producer)
    array = weight.array().astype(np.float64)
    new_bias = node.inputs[2]
    if has_shift and affine.shift is not None:
        shifted = scale_inputs(node, array, affine.shift)
        total = shifted.reshape(shifted.shape[0], -1).sum(axis=1)
        sum_ = total if bias is None else total + bias.array()
        new_bias = build.constant(_bias(bias or weight, sum_, node.output.type.dtype))
    new_weight = node.inputs[1]
    if affine.scale is not None:
        new_weight = build.constant(_derived(weight, scale_inputs(node, array, affine.scale)))
    return build.emit(node.op, affine.x, new_weight, new_bias, **node.attrs)


def _parameters(node: Node) -> tuple[Constant, Constant | None] | None:
    """Weight and bias if they are constants that nothing else reads: a shared weight would be stored twice."""
    weight, bias = node.inputs[1:3]
    if weight is None or weight.constant is None or not weight.has_single_use or not weight.type.dtype.is_float:
        return None
    if bias is not None and bias.constant is None:
        return None
    return weight.constant, None if bias is None else bias.constant


def _quantized_parameters(node: Node) -> tuple[Constant, Constant | None] | None:
    """The same of weights that are stored as integers."""
    weight, bias = node.inputs[1:3]
    source = made_by(weight, ops.dequantize)
    if source is None or source.operand(0).constant is None or not source.operand(0).has_single_use:
        return None
    if weight is None or not weight.has_single_use or (bias is not None and bias.constant is None):
        return None
    return source.operand(0).constant, None if bias is None else bias.constant  # type: ignore[return-value]


def _scaled(node: Node, weight: Constant, scale: np.ndarray, build: Builder) -> Value | None:
    """The weights of `node` times `scale` for each output channel. Integers stay as they are, by other scales."""
    if weight.type.qparams is None:
        if node.op is ops.linear and weight.nbytes > _MOST_SCALED_LINEAR:
            return None
        return build.constant(_derived(weight, scale_outputs(node, weight.array(), scale)))
    scaled = _scaled_integers(node, weight, weight.type.qparams, scale.astype(np.float32))
    return None if scaled is None else build.emit(ops.dequantize, build.constant(scaled), dtype=node.output.type.dtype)


def _scaled_integers(node: Node, weight: Constant, qparams: QParams, scale: np.ndarray) -> Constant | None:
    """None where a channel has no scale of its own to be multiplied. That of a negative factor has its integers
    mirrored at the zero point, if they have room there."""
    axis = channel_axis(node.op)
    if axis is None or (axis != 0 and node.attrs["groups"] > 1) or not bool(np.isfinite(scale).all() and scale.all()):
        return None
    are_positive = bool((scale > 0).all())
    if qparams.block is not None:
        if axis != 0 or qparams.axis != weight.type.rank - 1 or not are_positive:
            return None
        rows = qparams.scale.reshape(scale.size, -1).astype(np.float32) * scale[:, None]
        scaled = QParams(rows, qparams.zero_point, qparams.axis, qparams.block)
        return replace(weight, type=replace(weight.type, qparams=scaled))
    if qparams.axis not in (None, axis):
        return None
    zero_points = np.broadcast_to(qparams.zero_point, scale.shape)
    scaled = QParams(qparams.scale.astype(np.float32) * np.abs(scale), zero_points, axis)
    type, data = replace(weight.type, qparams=scaled), weight.data
    if not are_positive:
        along = [-1 if i == axis else 1 for i in range(weight.type.rank)]
        steps = weight.array().astype(np.int32)
        steps = np.where(scale.reshape(along) < 0, 2 * zero_points.reshape(along) - steps, steps)
        low, high = RANGES[weight.type.dtype]
        if steps.min(initial=low) < low or steps.max(initial=high) > high:
            return None
        data = steps.astype(weight.type.dtype.numpy)
    return Constant(weight.name, type, data)


def _derived(constant: Constant, array: np.ndarray) -> Constant:
    """A constant in place of another, under its name."""
    return Constant.of(array.astype(constant.type.dtype.numpy), constant.name)


def _bias(like: Constant, total: np.ndarray, dtype: DType) -> Constant:
    name = like.name
    if name is not None and like.type.rank > 1:
        name = f"{name.removesuffix('.weight')}.bias"
    return Constant.of(total.astype(dtype.numpy), name)


FOLD_BATCH_NORM = Rewrites(
    "fold-batch-norm", (fold_into_operator_before, fold_into_linear_behind_reshape, fold_into_operator_after)
)
