"""Reading images at places that lie between pixels."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import FLOATS, Accuracy, Tensor, TensorType, op, require


class Interpolation(Enum):
    """How pixels around a place are combined."""

    BILINEAR = "bilinear"
    NEAREST = "nearest"


class Outside(Enum):
    """What stands outside of an image."""

    ZEROS = "zeros"
    BORDER = "border"
    REFLECTION = "reflection"


def grid_sample_shape(x: TensorType, grid: TensorType, **_: Any) -> Shape:
    require(x.rank == 4 == grid.rank and grid.shape[3] == 2, "x is [n, channels, h, w], grid [n, height, width, 2]")
    same = x.shape[0] == grid.shape[0] or not all(isinstance(t.shape[0], int) for t in (x, grid))
    require(same, "a grid for each image")
    return (x.shape[0], x.shape[1], grid.shape[1], grid.shape[2])


def grid_sample_flops(x: TensorType, grid: TensorType, **attrs: Any) -> Dim:
    return product(grid_sample_shape(x, grid, **attrs)) * 8


def _reflected(where: Tensor, low: float, high: float) -> Tensor:
    span = high - low
    if span <= 0:
        return np.zeros_like(where)
    distance = np.abs(where - low)
    extra = np.fmod(distance, span)
    return np.where(np.floor(distance / span) % 2 == 0, extra + low, span - extra + low)


def _positions(where: Tensor, size: int, outside: Outside, align_corners: bool) -> Tensor:
    """Places in pixels; `where` is -1 at one border and 1 at the other."""
    number = where.dtype.type
    pixel = (where + 1) / 2 * number(size - 1) if align_corners else ((where + 1) * number(size) - 1) / 2
    if outside is Outside.REFLECTION:
        pixel = _reflected(pixel, 0, size - 1) if align_corners else _reflected(pixel, -0.5, size - 0.5)
    if outside is not Outside.ZEROS:
        pixel = np.clip(np.nan_to_num(pixel, nan=0.0), 0, size - 1)
    return pixel.astype(where.dtype)


def _pixels(x: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """x at whole places [n, height, width], zero outside: [n, channels, height, width]."""
    height, width = x.shape[2:]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    i, j = (np.where(inside, place, 0).astype(np.int64) for place in (row, column))
    found = x[np.arange(len(x))[:, None, None], :, i, j]
    return np.moveaxis(np.where(inside[..., None], found, 0), -1, 1)


@op(types="T, T -> T", T=FLOATS, infer=grid_sample_shape, flops=grid_sample_flops, accuracy=Accuracy.REDUCTION)
def grid_sample(
    x: Tensor,
    grid: Tensor,
    *,
    mode: Interpolation = Interpolation.BILINEAR,
    padding_mode: Outside = Outside.ZEROS,
    align_corners: bool = False,
):
    """The pixels of x at the places (horizontal, vertical) in `grid`: -1 and 1 are the borders of the image, or with
    `align_corners` the centres of its outermost pixels."""
    column = _positions(grid[..., 0], x.shape[3], padding_mode, align_corners)
    row = _positions(grid[..., 1], x.shape[2], padding_mode, align_corners)
    if mode is Interpolation.NEAREST:
        return _pixels(x, np.rint(row), np.rint(column))
    top, left = np.floor(row), np.floor(column)
    total: Any = 0
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(row - (top + 1 - down)) * np.abs(column - (left + 1 - right))
            total = total + _pixels(x, top + down, left + right) * weight[:, None]
    return total
