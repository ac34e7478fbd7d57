"""Parts of tensors, repetition and order along axes."""

from __future__ import annotations

import numpy as np

from mtc.ir.dims import Dim, Shape, ceil_div
from mtc.ops.define import (
    ANY,
    SHARES_QPARAMS,
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


def sliced_shape(x: TensorType, *, begin: Shape, end: Shape, step: tuple[int, ...]) -> Shape:
    require(len(begin) == len(end) == len(step) == x.rank, f"begin, end and step have {x.rank} sizes each")
    require(all(s > 0 for s in step), "steps are positive")
    for first, last, size in zip(begin, end, x.shape, strict=True):
        for before, after in ((0, first), (first, last), (last, size)):
            fits = not (isinstance(before, int) and isinstance(after, int)) or before <= after
            require(fits, f"{first}..{last} is not a part of {size} elements")
    return tuple(ceil_div(last - first, s) for first, last, s in zip(begin, end, step, strict=True))


@op(types="T -> T", T=ANY, infer=sliced_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def slice_(x: Tensor, *, begin: Dims, end: Dims, step: tuple[int, ...]):
    """The elements from `begin` until before `end` in steps of `step`, one of each for every axis;
    `0 <= begin <= end <= size`."""
    places = [np.arange(first, last, s) for first, last, s in zip(begin, end, step, strict=True)]
    for first, last, size in zip(begin, end, x.shape, strict=True):
        if not 0 <= first <= last <= size:
            raise IndexError(f"{first}..{last} is not a part of {size} elements")
    return x[np.ix_(*places)] if places else x.copy()


def expanded_shape(x: TensorType, *, shape: Shape) -> Shape:
    require(len(shape) >= x.rank, f"{show_shape(x.shape)} has more axes than {show_shape(shape)}")
    for size, wanted in zip(x.shape[::-1], shape[::-1], strict=False):
        fits = size in (1, wanted) or not (isinstance(size, int) and isinstance(wanted, int))
        require(fits, f"{show_shape(x.shape)} is not broadcast to {show_shape(shape)}")
    return shape


@op(types="T -> T", T=ANY, infer=expanded_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def expand(x: Tensor, *, shape: Dims):
    """Repeats x along axes of size 1, and along new ones in front, until it has `shape`."""
    return np.broadcast_to(x, shape).copy()


def flipped_shape(x: TensorType, *, axes: tuple[int, ...]) -> Shape:
    require(len({normalize_axis(axis, x.rank) for axis in axes}) == len(axes), "an axis is named twice")
    return same_shape(x)


@op(types="T -> T", T=ANY, infer=flipped_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def flip(x: Tensor, *, axes: tuple[int, ...]):
    """Reverses the order along `axes`."""
    return np.flip(x, axes) if x.ndim else x.copy()


def rolled_shape(x: TensorType, *, shifts: tuple[Dim, ...], axes: tuple[int, ...]) -> Shape:
    require(len(shifts) == len(axes), "as many shifts as axes")
    return flipped_shape(x, axes=axes)


@op(types="T -> T", T=ANY, infer=rolled_shape, traits=(SHARES_QPARAMS,), accuracy=Accuracy.EXACT)
def roll(x: Tensor, *, shifts: Dims, axes: tuple[int, ...]):
    """Moves the elements on by `shifts` along `axes`; what leaves at the end comes in at the front."""
    return np.roll(x, shifts, axes) if x.ndim else x.copy()
