"""Reading images and volumes at places that lie between pixels."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import FLOATS, Accuracy, Tensor, TensorType, may_equal, op, require
from mtc.ops.resize import cubic_weights


class Interpolation(Enum):
    """How pixels around a place are combined."""

    BILINEAR = "bilinear"
    NEAREST = "nearest"
    BICUBIC = "bicubic"


class Outside(Enum):
    """What stands outside of an image."""

    ZEROS = "zeros"
    BORDER = "border"
    REFLECTION = "reflection"


def grid_sample_shape(x: TensorType, grid: TensorType, *, mode: Interpolation, **_: Any) -> Shape:
    spatial = x.rank - 2
    fits = spatial in (2, 3) and grid.rank == x.rank and grid.shape[-1] == spatial
    require(fits, "x is [n, channels, (depth,) height, width], grid [n, ..., 2 or 3] for as many axes")
    require(spatial == 2 or mode is not Interpolation.BICUBIC, "bicubic interpolation is of images")
    require(may_equal(x.shape[0], grid.shape[0]), "a grid for each image")
    return (*x.shape[:2], *grid.shape[1:-1])


def grid_sample_flops(x: TensorType, grid: TensorType, *, mode: Interpolation, **_: Any) -> Dim:
    taps = {Interpolation.NEAREST: 1, Interpolation.BILINEAR: 1 << (x.rank - 2), Interpolation.BICUBIC: 16}[mode]
    return product(grid_sample_shape(x, grid, mode=mode)) * (2 * taps)


def _reflected(where: Tensor, low: float, high: float) -> Tensor:
    span = high - low
    if span <= 0:
        return np.zeros_like(where)
    distance = np.abs(where - low)
    extra = np.fmod(distance, span)
    return np.where(np.floor(distance / span) % 2 == 0, extra + low, span - extra + low)


def _in_pixels(where: Tensor, size: int, align_corners: bool) -> Tensor:
    """`where` is -1 at one border and 1 at the other."""
    number = where.dtype.type
    pixel = (where + 1) / 2 * number(size - 1) if align_corners else ((where + 1) * number(size) - 1) / 2
    return pixel.astype(where.dtype)


def _bounded(pixel: Tensor, size: int, outside: Outside, align_corners: bool) -> Tensor:
    """What is read for a place that may be outside."""
    if outside is Outside.REFLECTION:
        pixel = _reflected(pixel, 0, size - 1) if align_corners else _reflected(pixel, -0.5, size - 0.5)
    return pixel if outside is Outside.ZEROS else np.clip(np.nan_to_num(pixel, nan=0.0), 0, size - 1)


def _pixels(x: Tensor, places: list[Tensor]) -> Tensor:
    """x at whole places [n, ...], one array for each axis, zero outside: [n, channels, ...]."""
    inside = np.logical_and.reduce([(p >= 0) & (p < size) for p, size in zip(places, x.shape[2:], strict=True)])
    whole = (np.where(inside, p, 0).astype(np.int64) for p in places)
    image = np.arange(len(x)).reshape(-1, *[1] * (x.ndim - 2))
    where = (image, slice(None), *whole)
    found = x[where]
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
    """The pixels of x at the places (horizontal, vertical, in depth for volumes) in `grid`: -1 and 1 are the borders of
    the image, or with `align_corners` the centres of its outermost pixels. Bicubic interpolation is of images only."""
    sizes = x.shape[2:]
    places = [_in_pixels(grid[..., -1 - axis], size, align_corners) for axis, size in enumerate(sizes)]

    def bounded(own: list[Tensor]) -> list[Tensor]:
        return [_bounded(p, size, padding_mode, align_corners) for p, size in zip(own, sizes, strict=True)]

    total: Any = 0
    if mode is Interpolation.BICUBIC:
        begin = [np.floor(p) for p in places]
        rows, columns = (cubic_weights(p - b) for p, b in zip(places, begin, strict=True))
        for i, j in np.ndindex(4, 4):
            taken = np.trunc(bounded([begin[0] + (i - 1), begin[1] + (j - 1)]))
            total = total + _pixels(x, list(taken)) * (rows[i] * columns[j])[:, None]
        return total
    places = bounded(places)
    if mode is Interpolation.NEAREST:
        return _pixels(x, [np.rint(p) for p in places])
    begin = [np.floor(p) for p in places]
    for corner in np.ndindex(*[2] * len(sizes)):
        weight: Any = 1
        for p, b, after in zip(places, begin, corner, strict=True):
            weight = weight * np.abs(p - (b + 1 - after))
        total = total + _pixels(x, [b + after for b, after in zip(begin, corner, strict=True)]) * weight[:, None]
    return total
