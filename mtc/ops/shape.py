"""Ops that move elements about."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import (
    ANY,
    SHARES_QPARAMS,
    VIEW,
    Accuracy,
    Dims,
    Tensor,
    TensorType,
    normalize_axis,
    op,
    require,
    same_shape,
    show_shape,
)


def reshape_shape(x: TensorType, *, shape: Shape) -> Shape:
    before, after = x.count, product(shape)
    fits = before == after or not (isinstance(before, int) and isinstance(after, int))
    require(fits, f"{show_shape(x.shape)} has not as many elements as {show_shape(shape)}")
    return shape


@op(types="T -> T", T=ANY, infer=reshape_shape, traits=(VIEW, SHARES_QPARAMS), accuracy=Accuracy.EXACT)
def reshape(x: Tensor, *, shape: Dims):
    """The same elements in the same order under another shape. Sizes are stated, never -1."""
    return x.reshape(shape)


@op(types="T -> T", T=ANY, infer=same_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def copy(x: Tensor):
    """The same tensor in memory of its own."""
    return x.copy()


def permute_shape(x: TensorType, *, dims: tuple[int, ...]) -> Shape:
    require(sorted(dims) == list(range(x.rank)), f"{dims} does not name each of {x.rank} axes once")
    return tuple(x.shape[axis] for axis in dims)


@op(types="T -> T", T=ANY, infer=permute_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def permute(x: Tensor, *, dims: tuple[int, ...]):
    """Reorders the axes: axis i of the result is axis `dims[i]` of x. Axes are counted from the front."""
    return np.transpose(x, dims)


def concat_shape(*xs: TensorType, axis: int) -> Shape:
    require(len(xs) > 0, "there is something to join")
    rank = xs[0].rank
    where = normalize_axis(axis, rank)
    total: Dim = 0
    for x in xs:
        require(x.rank == rank, "operands have one rank")
        for i in range(rank):
            a, b = x.shape[i], xs[0].shape[i]
            require(i == where or a == b or not (isinstance(a, int) and isinstance(b, int)), "sizes agree but on the axis")
        total = total + x.shape[where]
    return (*xs[0].shape[:where], total, *xs[0].shape[where + 1 :])


@op(types="T -> T", T=ANY, infer=concat_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def concat(*xs: Tensor, axis: int = 0):
    """Joins tensors along `axis`."""
    return np.concatenate(xs, axis=axis)
