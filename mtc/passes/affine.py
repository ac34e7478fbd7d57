"""What a batch norm, or a product or sum with a constant for each channel, does: `scale * x + shift`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtc import ops
from mtc.ir.constant import Constant
from mtc.ir.module import Node, Value
from mtc.ops.arithmetic import Rounding
from mtc.passes.matching import operands


@dataclass(frozen=True)
class Affine:
    """`scale * x + shift`, each None if it does nothing, else one f64 for each channel."""

    x: Value
    scale: np.ndarray | None
    shift: np.ndarray | None


def affine_of(node: Node, axis: int) -> Affine | None:
    """`node` as an affine function of one operand, with channels along `axis` (counted from the front).

    None if it is none, or if its parameters are not constants.
    """
    if node.op is ops.batch_norm:
        return _of_batch_norm(node) if axis == 1 else None
    if node.op not in (ops.add, ops.mul, ops.div) or not node.output.type.dtype.is_float:
        return None
    x, y = operands(node)
    if node.op is not ops.div and x.constant is not None:
        x, y = y, x
    if y.constant is None or x.type != node.output.type:
        return None
    vector = _vector(y.constant, x.type.rank, axis, x.type.shape[axis])
    if vector is None:
        return None
    if node.op is ops.add:
        return Affine(x, None, vector)
    if node.op is ops.mul:
        return Affine(x, vector, None)
    if node.attrs["rounding"] is not Rounding.NONE or not np.all(vector):
        return None
    return Affine(x, 1 / vector, None)


def _of_batch_norm(node: Node) -> Affine | None:
    x, *parameters = node.inputs
    assert x is not None
    if any(value is not None and value.constant is None for value in parameters):
        return None
    weight, bias, mean, variance = (
        None if value is None or value.constant is None else value.constant.array().astype(np.float64)
        for value in parameters
    )
    assert mean is not None and variance is not None
    scale = 1 / np.sqrt(variance + node.attrs["eps"])
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale
    return Affine(x, scale, shift if bias is None else shift + bias)


def _vector(constant: Constant, rank: int, axis: int, channels: object) -> np.ndarray | None:
    """One element for each channel, of a constant that is broadcast along all other axes."""
    shape = (1,) * (rank - constant.type.rank) + constant.type.shape
    if not isinstance(channels, int) or len(shape) != rank or shape[axis] not in (1, channels):
        return None
    if any(size != 1 for i, size in enumerate(shape) if i != axis):
        return None
    vector = constant.array().astype(np.float64).reshape(-1)
    return vector if vector.size == channels else np.full(channels, vector[0])
