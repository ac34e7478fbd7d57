"""Ops that move elements about."""

from __future__ import annotations

from enum import Enum
from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import (
    ANY,
    DERIVED,
    SHARES_QPARAMS,
    VIEW,
    Accuracy,
    Dims,
    Tensor,
    TensorType,
    may_equal,
    normalize_axis,
    op,
    require,
    same_shape,
    show_shape,
)


def reshape_shape(x: TensorType, *, shape: Shape) -> Shape:
    before, after = x.count, product(shape)
    require(may_equal(before, after), f"{show_shape(x.shape)} has not as many elements as {show_shape(shape)}")
    return shape


def reshaped_channels(axis: int, x: TensorType, *, shape: Shape) -> int | None:
    """Where the axis is in the result, if it is one there too."""
    before = product(x.shape[:axis])
    return next((i for i, size in enumerate(shape) if size == x.shape[axis] and product(shape[:i]) == before), None)


@op(
    types="T -> T",
    T=ANY,
    infer=reshape_shape,
    traits=(VIEW, SHARES_QPARAMS),
    accuracy=Accuracy.EXACT,
    moves_channels=reshaped_channels,
)
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


@op(
    types="T -> T",
    T=ANY,
    infer=permute_shape,
    traits=(SHARES_QPARAMS,),
    accuracy=Accuracy.EXACT,
    moves_channels=lambda axis, x, dims: dims.index(axis),
)
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
            require(i == where or may_equal(x.shape[i], xs[0].shape[i]), "sizes agree but on the axis")
        total = total + x.shape[where]
    return (*xs[0].shape[:where], total, *xs[0].shape[where + 1 :])


@op(types="T -> T", T=ANY, infer=concat_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def concat(*xs: Tensor, axis: int = 0):
    """Joins tensors along `axis`."""
    return np.concatenate(xs, axis=axis)


class PadMode(Enum):
    """What stands outside a tensor."""

    CONSTANT = "constant"
    REFLECT = "reflect"  # mirrored at the border elements, which are not repeated
    REPLICATE = "replicate"  # the border elements
    CIRCULAR = "circular"  # the tensor again


_NUMPY_PAD = {PadMode.REFLECT: "reflect", PadMode.REPLICATE: "edge", PadMode.CIRCULAR: "wrap"}


def padded_shape(x: TensorType, *, padding: Shape, mode: PadMode, **_: Any) -> Shape:
    require(len(padding) == 2 * x.rank, f"padding has {2 * x.rank} sizes, before and after each axis")
    require(all(not isinstance(size, int) or size >= 0 for size in padding), "padding is not negative")
    for i, size in enumerate(x.shape):
        if mode is PadMode.CONSTANT or not isinstance(size, int):
            continue
        least = {PadMode.REFLECT: 1, PadMode.CIRCULAR: 0, PadMode.REPLICATE: -inf}[mode]
        fits = all(not isinstance(pad, int) or pad <= size - least for pad in padding[2 * i : 2 * i + 2])
        require(fits, f"a {mode.value} padding of {padding[2 * i : 2 * i + 2]} needs more than {size} elements")
    return tuple(size + padding[2 * i] + padding[2 * i + 1] for i, size in enumerate(x.shape))


@op(types="T -> T", T=ANY, infer=padded_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def pad(x: Tensor, *, padding: Dims, mode: PadMode = PadMode.CONSTANT, value: float = 0.0):
    """Surrounds a tensor. `padding` is before and after each axis, the first axis first; `value` is what a constant
    padding holds."""
    pairs = [tuple(padding[i : i + 2]) for i in range(0, len(padding), 2)]
    if mode is PadMode.CONSTANT:
        return np.pad(x, pairs, constant_values=np.asarray(value).astype(x.dtype))
    return np.pad(x, pairs, mode=_NUMPY_PAD[mode])
