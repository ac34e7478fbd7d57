"""Reductions over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import (
    DERIVED,
    FLOATS,
    NUMBERS,
    SHARES_QPARAMS,
    Accuracy,
    Tensor,
    TensorType,
    normalize_axis,
    op,
    require,
)


def reduced_shape(x: TensorType, *, axes: tuple[int, ...], keepdim: bool, **_: Any) -> Shape:
    """`axes` empty means all of them."""
    gone = {normalize_axis(axis, x.rank) for axis in axes} or set(range(x.rank))
    require(len(gone) == (len(axes) or x.rank) or x.rank == 0, "an axis is named twice")
    return tuple(1 if i in gone else size for i, size in enumerate(x.shape) if keepdim or i not in gone)


def _nonempty(x: TensorType, *, axes: tuple[int, ...], keepdim: bool) -> Shape:
    sizes = [x.shape[axis] for axis in axes] if axes and x.rank else x.shape
    require(0 not in sizes, "no elements have no extreme")
    return reduced_shape(x, axes=axes, keepdim=keepdim)


def one_flop_per_element(x: TensorType, **_: Any) -> Dim:
    return x.count


def over(x: Tensor, axes: tuple[int, ...]) -> tuple[int, ...] | None:
    """NumPy's `axis`."""
    return axes if axes and x.ndim else None


def _total(dtype: np.dtype) -> np.dtype:
    """What a sum is kept in, whose error grows with every element: f64 of floats."""
    return dtype if dtype.kind in "iu" else np.dtype(np.float64)


@op(
    types="T -> T",
    T=FLOATS,
    infer=reduced_shape,
    flops=one_flop_per_element,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def mean(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The mean over `axes`, or over all if none is given."""
    return np.mean(x, axis=over(x, axes), keepdims=keepdim, dtype=np.float64).astype(x.dtype)


@op(
    types="T -> T",
    T=NUMBERS,
    infer=reduced_shape,
    flops=one_flop_per_element,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def sum_(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The sum over `axes`, or over all if none is given; integers wrap."""
    return np.sum(x, axis=over(x, axes), keepdims=keepdim, dtype=_total(x.dtype)).astype(x.dtype)


@op(types="T -> T", T=NUMBERS, infer=reduced_shape, flops=one_flop_per_element, accuracy=Accuracy.REDUCTION)
def prod(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The product over `axes`, or over all if none is given; integers wrap."""
    return np.prod(x, axis=over(x, axes), keepdims=keepdim, dtype=x.dtype)


@op(
    types="T -> T",
    T=NUMBERS,
    infer=_nonempty,
    flops=one_flop_per_element,
    traits=(SHARES_QPARAMS,),
    accuracy=Accuracy.EXACT,
    quantized=DERIVED,
)
def amax(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The largest element over `axes`, or over all if none is given; NaN if there is one."""
    return np.max(x, axis=over(x, axes), keepdims=keepdim)


@op(
    types="T -> T",
    T=NUMBERS,
    infer=_nonempty,
    flops=one_flop_per_element,
    traits=(SHARES_QPARAMS,),
    accuracy=Accuracy.EXACT,
    quantized=DERIVED,
)
def amin(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """The smallest element over `axes`, or over all if none is given; NaN if there is one."""
    return np.min(x, axis=over(x, axes), keepdims=keepdim)


@op(
    types="T -> T",
    T=FLOATS,
    infer=reduced_shape,
    flops=lambda x, **_: x.count * 3,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def var(x: Tensor, *, axes: tuple[int, ...] = (), correction: float = 1.0, keepdim: bool = False):
    """The variance over `axes`, or over all if none is given: the sum of squared differences from the mean, divided by
    their number less `correction`, but at least by 0."""
    centred = np.square(x - np.mean(x, axis=over(x, axes), keepdims=True))
    total = centred.sum(axis=over(x, axes), keepdims=keepdim)
    count = x.size / total.size if total.size else 0
    return total / x.dtype.type(max(count - correction, 0))


@op(types="bool -> bool", infer=reduced_shape, accuracy=Accuracy.EXACT)
def any_(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """Whether one holds over `axes`, or over all if none is given."""
    return np.any(x, axis=over(x, axes), keepdims=keepdim)


@op(types="bool -> bool", infer=reduced_shape, accuracy=Accuracy.EXACT)
def all_(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """Whether all hold over `axes`, or over all if none is given."""
    return np.all(x, axis=over(x, axes), keepdims=keepdim)


@op(
    types="T -> T",
    T=FLOATS,
    infer=reduced_shape,
    flops=lambda x, **_: x.count * 3,
    accuracy=Accuracy.REDUCTION,
)
def logsumexp(x: Tensor, *, axes: tuple[int, ...] = (), keepdim: bool = False):
    """`log(sum(exp(x)))` over `axes`, or over all if none is given, computed without overflow."""
    axis = over(x, axes)
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(largest), largest, 0)
    total = np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return total if keepdim else np.squeeze(total, axis=axis) if axis else total.reshape(())


def reduced_axis(x: TensorType, *, axis: int, keepdim: bool) -> Shape:
    where = normalize_axis(axis, x.rank)
    require(x.rank == 0 or x.shape[where] != 0, "no elements have no extreme")
    return reduced_shape(x, axes=(axis,) if x.rank else (), keepdim=keepdim)


def _first(x: Tensor, axis: int, keepdim: bool, find: Any) -> Tensor:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    if x.dtype.kind not in "iub":  # NumPy takes the first NaN too, but not that of ml_dtypes
        x = x.astype(np.promote_types(x.dtype, np.float32))
    return find(x, axis=axis, keepdims=keepdim)


@op(types="T -> i64", T=NUMBERS, infer=reduced_axis, flops=one_flop_per_element, accuracy=Accuracy.EXACT)
def argmax(x: Tensor, *, axis: int, keepdim: bool = False):
    """Where along `axis` the largest element is; the first of several. NaN is the largest."""
    return _first(x, axis, keepdim, np.argmax)


@op(types="T -> i64", T=NUMBERS, infer=reduced_axis, flops=one_flop_per_element, accuracy=Accuracy.EXACT)
def argmin(x: Tensor, *, axis: int, keepdim: bool = False):
    """Where along `axis` the smallest element is; the first of several. NaN is the smallest."""
    return _first(x, axis, keepdim, np.argmin)
