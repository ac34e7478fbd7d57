"""Ops that read and write elements at places that tensors name. A place outside is an error when it runs."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import (
    ANY,
    NUMBERS,
    QI4,
    QI8,
    SHARES_QPARAMS,
    UPDATES,
    Accuracy,
    Tensor,
    TensorType,
    Variant,
    broadcast,
    may_equal,
    normalize_axis,
    op,
    require,
    show_shape,
)


def embedding_shape(weight: TensorType, indices: TensorType) -> Shape:
    require(weight.rank == 2, "weight is [rows, features]")
    return (*indices.shape, weight.shape[1])


@op(
    types="T, i64 -> T",
    T=ANY,
    infer=embedding_shape,
    accuracy=Accuracy.EXACT,
    variants=(Variant("W, i64 -> f32", form="stored", W=(QI8, QI4)),),
)
def embedding(weight: Tensor, indices: Tensor):
    """The rows of `weight` that `indices`, of any shape, name."""
    _check_range(indices, 0, weight.shape[0])
    return weight[indices]


def index_select_shape(x: TensorType, index: TensorType, *, axis: int) -> Shape:
    where = normalize_axis(axis, x.rank)
    require(x.rank >= 1 and index.rank == 1, "x has an axis, and index one only")
    return (*x.shape[:where], index.shape[0], *x.shape[where + 1 :])


@op(types="T, i64 -> T", T=ANY, infer=index_select_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def index_select(x: Tensor, index: Tensor, *, axis: int):
    """The slices of x along `axis` that the one-dimensional `index` names."""
    _check_range(index, 0, x.shape[axis])
    return np.take(x, index, axis=axis)


def index_copy_shape(x: TensorType, index: TensorType, source: TensorType, *, axis: int) -> Shape:
    part = index_select_shape(x, index, axis=axis)
    fits = source.rank == len(part) and all(map(may_equal, source.shape, part))
    require(fits, f"source {show_shape(source.shape)} is not shaped {show_shape(part)}")
    return x.shape


@op(types="T, i64, T -> T", T=ANY, infer=index_copy_shape, traits=(UPDATES,), accuracy=Accuracy.EXACT)
def index_copy(x: Tensor, index: Tensor, source: Tensor, *, axis: int):
    """x with the slices of `source` in place of those along `axis` that the one-dimensional `index` names, a negative
    one from the end: new entries of a cache. Of several at one place the last stays."""
    _check_range(index, -x.shape[axis], x.shape[axis])
    result = x.copy()
    np.moveaxis(result, axis, 0)[index] = np.moveaxis(source, axis, 0)
    return result


def gather_shape(x: TensorType, index: TensorType, *, axis: int) -> Shape:
    _check_beside(x, index, normalize_axis(axis, x.rank))
    return index.shape


@op(types="T, i64 -> T", T=ANY, infer=gather_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def gather(x: Tensor, index: Tensor, *, axis: int):
    """`out[i, j, k] = x[i, index[i, j, k], k]` for axis 1 of 3. But along `axis`, index is no larger than x."""
    if x.ndim == 0:
        return x.copy()
    _check_range(index, 0, x.shape[axis])
    return np.take_along_axis(_cropped(x, index, axis), index, axis)


class Reduce(Enum):
    """What becomes of an element that is written to."""

    REPLACE = "replace"
    SUM = "sum"
    PROD = "prod"
    AMAX = "amax"
    AMIN = "amin"


_COMBINE = {Reduce.SUM: np.add, Reduce.PROD: np.multiply, Reduce.AMAX: np.maximum, Reduce.AMIN: np.minimum}


def scatter_shape(x: TensorType, index: TensorType, src: TensorType, *, axis: int, reduce: Reduce) -> Shape:
    _check_beside(x, index, normalize_axis(axis, x.rank))
    _check_beside(src, index, -1)
    return x.shape


@op(types="T, i64, T -> T", T=NUMBERS, infer=scatter_shape, traits=(UPDATES,), accuracy=Accuracy.REDUCTION)
def scatter(x: Tensor, index: Tensor, src: Tensor, *, axis: int, reduce: Reduce = Reduce.REPLACE):
    """x with `out[i, index[i, j, k], k] = src[i, j, k]` for axis 1 of 3, or combined with what stands there.

    Index is no larger than src, nor than x but along `axis`. Of several that replace one element, the last stays.
    """
    result = x.reshape(x.shape or (1,)).copy()
    if x.ndim == 0:
        index, src, axis = index.reshape(-1), src.reshape(-1), 0
    _check_range(index, 0, result.shape[axis])
    places = list(np.indices(index.shape))
    places[axis] = index
    _put(result, tuple(places), src[tuple(slice(0, size) for size in index.shape)], reduce)
    return result.reshape(x.shape)


def index_shape(x: TensorType, *indices: TensorType) -> Shape:
    require(0 < len(indices) <= x.rank, f"{len(indices)} indices for {x.rank} axes")
    return (*broadcast(*(index.shape for index in indices)), *x.shape[len(indices) :])


@op(types="T, i64 -> T", T=ANY, infer=index_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def index(x: Tensor, *indices: Tensor):
    """`x[indices]`: index i, all broadcast to one shape, counts along axis i; a negative one from the end."""
    for axis, places in enumerate(indices):
        _check_range(places, -x.shape[axis], x.shape[axis])
    return x[tuple(indices)]


def index_put_shape(x: TensorType, values: TensorType, *indices: TensorType, accumulate: bool) -> Shape:
    part = index_shape(x, *indices)
    joined = broadcast(values.shape, part)
    fits = len(joined) == len(part) and all(map(may_equal, joined, part))
    require(fits, f"values {show_shape(values.shape)} are not broadcast to {show_shape(part)}")
    return x.shape


@op(types="T, T, i64 -> T", T=ANY, infer=index_put_shape, traits=(UPDATES,), accuracy=Accuracy.REDUCTION)
def index_put(x: Tensor, values: Tensor, *indices: Tensor, accumulate: bool = False):
    """x with `values`, broadcast, at `x[indices]` as in `index`; or added to what stands there. Of several at one place
    the last stays."""
    result = x.copy()
    for axis, places in enumerate(indices):
        _check_range(places, -x.shape[axis], x.shape[axis])
    where = tuple(np.broadcast_arrays(*indices))
    part = np.broadcast_to(values, (*where[0].shape, *x.shape[len(indices) :]))
    _put(result, where, part, Reduce.SUM if accumulate else Reduce.REPLACE)
    return result


def _check_range(index: Tensor, low: int, high: int) -> None:
    if index.size and (index.min() < low or index.max() >= high):
        raise IndexError(f"an index is not in {low}..{high - 1}")


def _check_beside(x: TensorType, index: TensorType, axis: int) -> None:
    require(max(x.rank, 1) == max(index.rank, 1), f"index is of rank {x.rank}")
    for i, (size, limit) in enumerate(zip(index.shape, x.shape, strict=False)):
        fits: Any = i == axis or not (isinstance(size, int) and isinstance(limit, int)) or size <= limit
        require(fits, f"index {show_shape(index.shape)} is larger than {show_shape(x.shape)}")


def _cropped(x: Tensor, index: Tensor, axis: int) -> Tensor:
    axis = axis % x.ndim
    return x[tuple(slice(None) if i == axis else slice(0, size) for i, size in enumerate(index.shape))]


def _put(result: Tensor, where: tuple[Tensor, ...], values: Tensor, reduce: Reduce) -> None:
    if reduce is Reduce.REPLACE:
        result[where] = values
    else:
        _COMBINE[reduce].at(result, where, values)


def ranked_shape(x: TensorType, *, axis: int, **_: Any) -> list[Shape]:
    normalize_axis(axis, x.rank)
    return [x.shape, x.shape]


def _order(x: Tensor, axis: int, descending: bool) -> Tensor:
    """Stable; NaN is the largest."""
    if x.dtype.kind not in "iub":
        x = x.astype(np.promote_types(x.dtype, np.float32))
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    # Backwards twice, so that equal elements keep their order.
    back = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - back, axis)


@op(types="T -> T, i64", T=NUMBERS, infer=ranked_shape, accuracy=Accuracy.EXACT)
def sort(x: Tensor, *, axis: int = -1, descending: bool = False):
    """The elements along `axis` in order, and where each came from. Equal ones keep their order; NaN is the largest."""
    if x.ndim == 0:
        return [x.copy(), np.zeros((), np.int64)]
    order = _order(x, axis, descending)
    return [np.take_along_axis(x, order, axis), order]


def topk_shape(x: TensorType, *, k: int, axis: int, **_: Any) -> list[Shape]:
    where = normalize_axis(axis, x.rank)
    size: Dim = x.shape[where] if x.rank else 1
    require(k >= 0 and (not isinstance(size, int) or k <= size), f"{k} of {size} elements")
    shape = (*x.shape[:where], k, *x.shape[where + 1 :]) if x.rank else x.shape
    return [shape, shape]


@op(types="T -> T, i64", T=NUMBERS, infer=topk_shape, accuracy=Accuracy.EXACT)
def topk(x: Tensor, *, k: int, axis: int = -1, largest: bool = True):
    """The first `k` elements along `axis` in descending order, or ascending if not `largest`, and where each came from.
    Equal ones keep their order; NaN is the largest."""
    if x.ndim == 0:
        return [x.copy(), np.zeros((), np.int64)]
    order = np.take(_order(x, axis, largest), range(k), axis=axis)
    return [np.take_along_axis(x, order, axis), order]
