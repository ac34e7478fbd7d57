"""Resizing of images.

Positions follow torch: with `align_corners` the centres of the corner pixels are kept, else the corners of the images.
`scales` are the factors that the user gave, height and width; 0 stands for the ratio of the sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, product
from mtc.ops.convolution import channels_first, channels_last
from mtc.ops.define import (
    DERIVED,
    FLOATS,
    LAYOUT_AWARE,
    NUMBERS,
    SHARES_QPARAMS,
    Accuracy,
    Dims,
    Layout,
    Tensor,
    TensorType,
    op,
)
from mtc.ops.pooling import adapted_shape as resized_shape


def _step(length: int, count: int, scale: float, align_corners: bool, dtype: Any) -> Any:
    """Pixels of the source for one of the result."""
    if align_corners:
        return dtype(length - 1) / dtype(count - 1) if count > 1 else dtype(0)
    return dtype(1 / scale) if scale > 0 else dtype(length) / dtype(count)


def _positions(length: int, count: int, scale: float, align_corners: bool, dtype: Any) -> Tensor:
    """Where the centres of the result's pixels lie in the source, one for each of `count`."""
    step = _step(length, count, scale, align_corners, dtype)
    index = np.arange(count).astype(dtype)
    return step * index if align_corners else step * (index + dtype(0.5)) - dtype(0.5)


def _number(x: Tensor) -> Any:
    """The type positions are computed in: f32, as torch does, but for f64."""
    return np.float64 if x.dtype == np.float64 else np.float32


@op(
    types="T -> T",
    T=NUMBERS,
    infer=resized_shape,
    traits=(LAYOUT_AWARE, SHARES_QPARAMS),
    accuracy=Accuracy.EXACT,
    quantized=DERIVED,
)
def upsample_nearest2d(
    x: Tensor,
    *,
    size: Dims,
    scales: tuple[float, float] = (0.0, 0.0),
    exact: bool = False,
    layout: Layout = Layout.NCHW,
):
    """Each pixel is the one of the source at `floor(i * step)`, or with `exact` at `floor((i + 0.5) * step)`; positions
    are computed in f32."""
    images = channels_first(x) if layout is Layout.NHWC else x
    for axis, count, scale in zip((2, 3), size, scales, strict=True):
        length = images.shape[axis]
        step = _step(length, count, scale, False, np.float32)
        index = np.floor((np.arange(count).astype(np.float32) + np.float32(0.5 if exact else 0)) * step)
        images = np.take(images, np.minimum(index.astype(np.int64), length - 1), axis)
    return channels_last(images) if layout is Layout.NHWC else images


def bilinear_flops(x: TensorType, **attrs: Any) -> Dim:
    return product(resized_shape(x, **attrs)) * 6


@op(
    types="T -> T",
    T=FLOATS,
    infer=resized_shape,
    flops=bilinear_flops,
    traits=(LAYOUT_AWARE,),
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def upsample_bilinear2d(
    x: Tensor,
    *,
    size: Dims,
    align_corners: bool = False,
    scales: tuple[float, float] = (0.0, 0.0),
    layout: Layout = Layout.NCHW,
):
    """Interpolates between the four nearest pixels; beyond the border its pixels are repeated."""
    number = _number(x)
    images = (channels_first(x) if layout is Layout.NHWC else x).astype(number)
    for axis, count, scale in zip((2, 3), size, scales, strict=True):
        length = images.shape[axis]
        where = np.maximum(_positions(length, count, scale, align_corners, number), 0)
        low = np.minimum(where.astype(np.int64), length - 1)
        weight = np.minimum(where - low, 1).reshape(-1, *[1] * (3 - axis))
        after = np.take(images, np.minimum(low + 1, length - 1), axis)
        images = np.take(images, low, axis) * (1 - weight) + after * weight
    return (channels_last(images) if layout is Layout.NHWC else images).astype(x.dtype)


def bicubic_flops(x: TensorType, **attrs: Any) -> Dim:
    return product(resized_shape(x, **attrs)) * 40


def cubic_weights(t: Tensor) -> list[Tensor]:
    """Weights of the pixels at -1, 0, 1 and 2 for a position `t` past 0 (R. Keys, 1981, with a = -0.75)."""
    a = -0.75

    def near(d: Tensor) -> Tensor:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Tensor) -> Tensor:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


@op(
    types="T -> T",
    T=FLOATS,
    infer=resized_shape,
    flops=bicubic_flops,
    traits=(LAYOUT_AWARE,),
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def upsample_bicubic2d(
    x: Tensor,
    *,
    size: Dims,
    align_corners: bool = False,
    scales: tuple[float, float] = (0.0, 0.0),
    layout: Layout = Layout.NCHW,
):
    """Interpolates by cubic convolution over 4 by 4 pixels; beyond the border its pixels are repeated."""
    number = _number(x)
    images = (channels_first(x) if layout is Layout.NHWC else x).astype(number)
    for axis, count, scale in zip((2, 3), size, scales, strict=True):
        length = images.shape[axis]
        where = _positions(length, count, scale, align_corners, number)
        low = np.floor(where)
        total: Any = 0
        for offset, weight in enumerate(cubic_weights(where - low), start=-1):
            index = np.clip(low.astype(np.int64) + offset, 0, length - 1)
            total = total + np.take(images, index, axis) * weight.astype(number).reshape(-1, *[1] * (3 - axis))
        images = total
    return (channels_last(images) if layout is Layout.NHWC else images).astype(x.dtype)
