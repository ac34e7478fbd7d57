"""Ops whose result along an axis depends on all elements of that axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Shape
from mtc.ops.define import DERIVED, FLOATS, NUMBERS, Accuracy, Tensor, TensorType, normalize_axis, op


def along_axis(x: TensorType, *, axis: int, **_: Any) -> Shape:
    """The operand's shape; it has the axis."""
    normalize_axis(axis, x.rank)
    return x.shape


@op(
    types="T -> T",
    T=FLOATS,
    infer=along_axis,
    accuracy=Accuracy.REDUCTION,
    flops=lambda x, **_: x.count * 5,
    quantized=DERIVED,
)
def softmax(x: Tensor, *, axis: int = -1):
    """`exp(x) / sum(exp(x))` along `axis`, computed without overflow."""
    if x.ndim == 0:
        return np.exp(x - x)
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


@op(
    types="T -> T",
    T=FLOATS,
    infer=along_axis,
    accuracy=Accuracy.REDUCTION,
    flops=lambda x, **_: x.count * 5,
    quantized=DERIVED,
)
def log_softmax(x: Tensor, *, axis: int = -1):
    """`log(softmax(x))` along `axis`, computed without overflow."""
    if x.ndim == 0:
        return x - x
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _total(x: Tensor) -> Tensor:
    """`x` in what running totals are kept in, whose error grows with every element: f64 if it holds floats."""
    return x if x.dtype.kind in "iu" else x.astype(np.float64)


@op(types="T -> T", T=NUMBERS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count)
def cumsum(x: Tensor, *, axis: int):
    """The sum of the elements along `axis` up to each; integers wrap."""
    return np.cumsum(_total(x), axis=axis).astype(x.dtype) if x.ndim else x.copy()


@op(types="T -> T", T=NUMBERS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count)
def cumprod(x: Tensor, *, axis: int):
    """The product of the elements along `axis` up to each; integers wrap."""
    return np.cumprod(_total(x), axis=axis).astype(x.dtype) if x.ndim else x.copy()


@op(types="T -> T", T=FLOATS, infer=along_axis, accuracy=Accuracy.REDUCTION, flops=lambda x, **_: x.count * 5)
def logcumsumexp(x: Tensor, *, axis: int):
    """`log(cumsum(exp(x)))` along `axis`, computed without overflow."""
    return np.logaddexp.accumulate(_total(x), axis=axis).astype(x.dtype) if x.ndim else x.copy()


def along_axis_twice(x: TensorType, *, axis: int, **_: Any) -> list[Shape]:
    return [along_axis(x, axis=axis)] * 2


def _running(x: Tensor, axis: int, extreme: Any) -> list[Tensor]:
    """The last of equal ones; NaN beats all."""
    if x.ndim == 0:
        return [x.copy(), np.zeros((), np.int64)]
    values = extreme.accumulate(x, axis=axis)
    places = np.arange(x.shape[axis]).reshape(-1, *[1] * (x.ndim - 1 - axis % x.ndim))
    is_one = (x == values) | (x != x)
    return [values, np.maximum.accumulate(np.where(is_one, places, 0), axis=axis)]


@op(types="T -> T, i64", T=NUMBERS, infer=along_axis_twice, accuracy=Accuracy.EXACT)
def cummax(x: Tensor, *, axis: int):
    """The largest of the elements along `axis` up to each, and where it stands: the last of equal ones; NaN is the
    largest."""
    return _running(x, axis, np.maximum)


@op(types="T -> T, i64", T=NUMBERS, infer=along_axis_twice, accuracy=Accuracy.EXACT)
def cummin(x: Tensor, *, axis: int):
    """The smallest of the elements along `axis` up to each, and where it stands: the last of equal ones; NaN is the
    smallest."""
    return _running(x, axis, np.minimum)
