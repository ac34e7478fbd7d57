"""Ops whose result along an axis depends on all elements of that axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Shape
from mtc.ops.define import FLOATS, NUMBERS, Accuracy, Tensor, TensorType, normalize_axis, op


def along_axis(x: TensorType, *, axis: int, **_: Any) -> Shape:
    """The operand's shape; it has the axis."""
    normalize_axis(axis, x.rank)
    return x.shape


@op(types="T -> T", T=FLOATS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count * 5)
def softmax(x: Tensor, *, axis: int = -1):
    """`exp(x) / sum(exp(x))` along `axis`, computed without overflow."""
    if x.ndim == 0:
        return np.exp(x - x)
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


@op(types="T -> T", T=FLOATS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count * 5)
def log_softmax(x: Tensor, *, axis: int = -1):
    """`log(softmax(x))` along `axis`, computed without overflow."""
    if x.ndim == 0:
        return x - x
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


@op(types="T -> T", T=NUMBERS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count)
def cumsum(x: Tensor, *, axis: int):
    """The sum of the elements along `axis` up to each; integers wrap."""
    return np.cumsum(x, axis=axis, dtype=x.dtype) if x.ndim else x.copy()


@op(types="T -> T", T=NUMBERS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count)
def cumprod(x: Tensor, *, axis: int):
    """The product of the elements along `axis` up to each; integers wrap."""
    return np.cumprod(x, axis=axis, dtype=x.dtype) if x.ndim else x.copy()
