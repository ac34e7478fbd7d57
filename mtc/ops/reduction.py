"""Reductions over axes, and what normalizes by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Shape
from mtc.ops.define import FLOATS, Accuracy, Tensor, TensorType, normalize_axis, op, require, same_shape


def reduced_shape(x: TensorType, *, axes: tuple[int, ...], keepdim: bool, **_: Any) -> Shape:
    """`axes` empty means all of them."""
    gone = {normalize_axis(axis, x.rank) for axis in axes} or set(range(x.rank))
    require(len(gone) == (len(axes) or x.rank), "an axis is named twice")
    return tuple(1 if i in gone else size for i, size in enumerate(x.shape) if keepdim or i not in gone)


@op(types="T -> T", T=FLOATS, infer=reduced_shape, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count)
def mean(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The mean over `axes`, or over all if none is given."""
    return np.mean(x, axis=axes or None, keepdims=keepdim, dtype=np.promote_types(x.dtype, np.float32)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, infer=same_shape, accuracy=Accuracy.TRANSCENDENTAL, flops=lambda x, **_: x.count * 5)
def softmax(x: Tensor, *, axis: int = -1):
    """`exp(x) / sum(exp(x))` along `axis`, computed without overflow."""
    shifted = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)
