"""Transposed convolutions over two and three spatial axes; one axis is an image of one row."""

from __future__ import annotations

from itertools import product
from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, floor_div
from mtc.ops.convolution import QUANTIZED, Images, channels_first, channels_last
from mtc.ops.define import FLOATS, LAYOUT_AWARE, PRODUCT, Accuracy, Layout, Tensor, TensorType, may_equal, op, require


def conv_transpose_shape(
    x: TensorType,
    weight: TensorType,
    bias: TensorType | None,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
    layout: Layout = Layout.NCHW,
    **_: Any,
) -> Shape:
    """[batch, channels, *spatial] by [channels, out / groups, *kernel]; nhwc moves axis 1 of both to the end."""
    images = Images.of(x, weight, stride, padding, dilation, groups, layout)
    channels = images.channels
    require(min(output_padding) >= 0, "padding is not negative")
    require(
        all(extra < max(s, d) for extra, s, d in zip(output_padding, stride, dilation, strict=True)),
        "output padding is smaller than stride or dilation",
    )
    require(may_equal(channels, weight.shape[0]), f"{channels} channels by weights for {weight.shape[0]}")
    require(not isinstance(channels, int) or channels % groups == 0, f"{channels} channels divide into {groups} groups")
    sizes = []
    for i, (size, kernel) in enumerate(zip(images.sizes, images.kernel, strict=True)):
        removed = padding[2 * i] + padding[2 * i + 1] - output_padding[i]
        sizes.append((size - 1) * stride[i] + dilation[i] * (kernel - 1) + 1 - removed)
        require(not isinstance(sizes[i], int) or sizes[i] > 0, "the padding removes the whole result")
    return images.result(tuple(sizes), images.per_group * groups, bias)


def conv_transpose_flops(x: TensorType, weight: TensorType, bias: TensorType | None, **_: Any) -> Dim:
    """Two for each multiplication with a weight."""
    return x.count * floor_div(weight.count, weight.shape[0]) * 2


def spread(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
    clamp: tuple[float, float],
) -> Tensor:
    """The transposed convolution of any number of spatial axes, channels first."""
    batch, sizes, kernel = x.shape[0], x.shape[2:], weight.shape[2:]
    # What each element adds with each weight: [batch, out, *spatial, *kernel].
    parts = np.einsum(
        "bgip,giok->bgopk",
        x.reshape(batch, groups, x.shape[1] // groups, -1),
        weight.reshape(groups, x.shape[1] // groups, weight.shape[1], -1),
        optimize=True,
    ).reshape(batch, -1, *sizes, *kernel)
    extent = [
        (n - 1) * s + d * (k - 1) + 1 + extra
        for n, s, d, k, extra in zip(sizes, stride, dilation, kernel, output_padding, strict=True)
    ]
    full = np.zeros((batch, parts.shape[1], *extent), parts.dtype)
    for place in product(*map(range, kernel)):
        first = [k * d for k, d in zip(place, dilation, strict=True)]
        spots = [slice(f, f + (n - 1) * s + 1, s) for f, n, s in zip(first, sizes, stride, strict=True)]
        where, part = (slice(None), slice(None), *spots), (..., *place)
        full[where] += parts[part]
    inner = [slice(padding[2 * i], size - padding[2 * i + 1]) for i, size in enumerate(extent)]
    kept = (slice(None), slice(None), *inner)
    result = full[kept]
    if bias is not None:
        result = result + bias.reshape(1, -1, *[1] * len(sizes))
    return np.clip(result, *clamp)


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_transpose_shape,
    flops=conv_transpose_flops,
    accuracy=Accuracy.REDUCTION,
    traits=(LAYOUT_AWARE,),
    quantized=PRODUCT,
    variants=(QUANTIZED,),
)
def conv_transpose2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    output_padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    clamp: tuple[float, float] = (-inf, inf),
    layout: Layout = Layout.NCHW,
):
    """The transpose of a convolution: each pixel of x adds a kernel to the result. `weight` is [in, out / groups,
    height, width]. `padding` (top, bottom, left, right) is cut off, then `output_padding` is added at bottom and
    right."""
    if layout is Layout.NHWC:
        x, weight = channels_first(x), channels_first(weight)
    result = spread(x, weight, bias, stride, padding, output_padding, dilation, groups, clamp)
    return channels_last(result) if layout is Layout.NHWC else result


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_transpose_shape,
    flops=conv_transpose_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=PRODUCT,
    variants=(QUANTIZED,),
)
def conv_transpose3d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, int, int] = (1, 1, 1),
    padding: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0),
    output_padding: tuple[int, int, int] = (0, 0, 0),
    dilation: tuple[int, int, int] = (1, 1, 1),
    groups: int = 1,
    clamp: tuple[float, float] = (-inf, inf),
):
    """The transpose of a convolution of videos or volumes. `weight` is [in, out / groups, depth, height, width].
    `padding`, before and after each axis, is cut off, then `output_padding` is added after."""
    return spread(x, weight, bias, stride, padding, output_padding, dilation, groups, clamp)
