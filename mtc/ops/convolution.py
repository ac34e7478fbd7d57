"""Convolutions over one, two and three spatial axes."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, floor_div, product
from mtc.ops.define import FLOATS, LAYOUT_AWARE, Accuracy, Layout, Tensor, TensorType, op, require


def conv_size(size: Dim, kernel: Dim, stride: int, before: int, after: int, dilation: int) -> Dim:
    """Positions of a window along one axis."""
    return floor_div(size + (before + after) - dilation * (kernel - 1) - 1, stride) + 1


def conv_shape(
    x: TensorType,
    weight: TensorType,
    bias: TensorType | None,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
    layout: Layout = Layout.NCHW,
    **_: Any,
) -> Shape:
    """[batch, channels, *spatial] by [out, channels / groups, *kernel]; nhwc moves the channels of both to the end."""
    spatial = len(stride)
    require(x.rank == spatial + 2 == weight.rank, f"operands of rank {spatial + 2}, not {x.rank} and {weight.rank}")
    require(groups > 0 and min(stride) > 0 and min(dilation) > 0, "groups, stride and dilation are positive")
    require(min(padding) >= 0, "padding is not negative")
    channels, out = x.shape[1], weight.shape[0]
    sizes, kernel = x.shape[2:], weight.shape[2:]
    per_group = weight.shape[1]
    if layout is Layout.NHWC:
        channels, sizes, kernel, per_group = x.shape[-1], x.shape[1:-1], weight.shape[1:-1], weight.shape[-1]
    require(channels == per_group * groups, f"{channels} channels are not {groups} groups of {per_group}")
    require(not isinstance(out, int) or out % groups == 0, f"{out} output channels do not divide into {groups} groups")
    require(bias is None or bias.shape == (out,), "bias has one element for each output channel")
    result = tuple(
        conv_size(sizes[i], kernel[i], stride[i], padding[2 * i], padding[2 * i + 1], dilation[i])
        for i in range(spatial)
    )
    for size in result:
        require(not isinstance(size, int) or size > 0, "the window is larger than the padded input")
    return (x.shape[0], *result, out) if layout is Layout.NHWC else (x.shape[0], out, *result)


def conv_flops(x: TensorType, weight: TensorType, bias: TensorType | None, **attrs: Any) -> Dim:
    """Two for each multiplication with a weight."""
    per_output = floor_div(weight.count, weight.shape[0])
    return product(conv_shape(x, weight, bias, **attrs)) * per_output * 2


def channels_last(x: Tensor) -> Tensor:
    return np.moveaxis(x, 1, -1)


def channels_first(x: Tensor) -> Tensor:
    return np.moveaxis(x, -1, 1)


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
    clamp: tuple[float, float],
) -> Tensor:
    """Cross-correlation of any number of spatial axes, channels first."""
    spatial = len(stride)
    pads = [(0, 0), (0, 0)] + [(padding[2 * i], padding[2 * i + 1]) for i in range(spatial)]
    padded = np.pad(x, pads)
    extent = [dilation[i] * (weight.shape[2 + i] - 1) + 1 for i in range(spatial)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=tuple(range(2, 2 + spatial)))
    steps = (slice(None), slice(None), *(slice(None, None, s) for s in stride), *(slice(None, None, d) for d in dilation))
    windows = windows[steps]
    batch, out = x.shape[0], weight.shape[0]
    where = windows.shape[2 : 2 + spatial]
    # [groups, batch * positions, channels per group * kernel] by its transpose's like.
    columns = windows.reshape(batch, groups, x.shape[1] // groups, *windows.shape[2:])
    taps = int(np.prod(weight.shape[1:]))
    columns = np.moveaxis(columns, 2, 2 + spatial).reshape(batch, groups, int(np.prod(where)), taps)
    kernels = weight.reshape(groups, out // groups, taps)
    result = np.einsum("bgpk,gok->bgop", columns, kernels, optimize=True).reshape(batch, out, *where)
    if bias is not None:
        result = result + bias.reshape(1, -1, *[1] * spatial)
    return np.clip(result, *clamp)


@op(types="T, T, T -> T", T=FLOATS, infer=conv_shape, flops=conv_flops, accuracy=Accuracy.REDUCTION)
def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, ...] = (1,),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, ...] = (1,),
    groups: int = 1,
    clamp: tuple[float, float] = (-inf, inf),
):
    """Convolution along time. `padding` is before and after."""
    return convolve(x, weight, bias, stride, padding, dilation, groups, clamp)


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_shape,
    flops=conv_flops,
    accuracy=Accuracy.REDUCTION,
    traits=(LAYOUT_AWARE,),
)
def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    clamp: tuple[float, float] = (-inf, inf),
    layout: Layout = Layout.NCHW,
):
    """Convolution of images. `padding` is top, bottom, left, right."""
    if layout is Layout.NHWC:
        x, weight = channels_first(x), channels_first(weight)
    result = convolve(x, weight, bias, stride, padding, dilation, groups, clamp)
    return channels_last(result) if layout is Layout.NHWC else result


@op(types="T, T, T -> T", T=FLOATS, infer=conv_shape, flops=conv_flops, accuracy=Accuracy.REDUCTION)
def conv3d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: tuple[int, int, int] = (1, 1, 1),
    padding: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0),
    dilation: tuple[int, int, int] = (1, 1, 1),
    groups: int = 1,
    clamp: tuple[float, float] = (-inf, inf),
):
    """Convolution of videos. `padding` is before and after each of depth, height and width."""
    return convolve(x, weight, bias, stride, padding, dilation, groups, clamp)


def conv_transpose_shape(
    x: TensorType,
    weight: TensorType,
    bias: TensorType | None,
    *,
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    output_padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    layout: Layout,
    **_: Any,
) -> Shape:
    """[batch, channels, *spatial] by [channels, out / groups, *kernel]; nhwc moves axis 1 of both to the end."""
    require(x.rank == 4 == weight.rank, f"operands of rank 4, not {x.rank} and {weight.rank}")
    require(groups > 0 and min(*stride, *dilation) > 0, "groups, stride and dilation are positive")
    require(min(*padding, *output_padding) >= 0, "padding is not negative")
    require(
        all(extra < max(s, d) for extra, s, d in zip(output_padding, stride, dilation, strict=True)),
        "output padding is smaller than stride or dilation",
    )
    channels, sizes, kernel, per_group = x.shape[1], x.shape[2:], weight.shape[2:], weight.shape[1]
    if layout is Layout.NHWC:
        channels, sizes, kernel, per_group = x.shape[3], x.shape[1:3], weight.shape[1:3], weight.shape[3]
    require(channels == weight.shape[0], f"{channels} channels by weights for {weight.shape[0]}")
    require(not isinstance(channels, int) or channels % groups == 0, f"{channels} channels divide into {groups} groups")
    out = per_group * groups
    require(bias is None or bias.shape == (out,), "bias has one element for each output channel")
    result = []
    for i in range(2):
        removed = padding[2 * i] + padding[2 * i + 1] - output_padding[i]
        result.append((sizes[i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - removed)
        require(not isinstance(result[i], int) or result[i] > 0, "the padding removes the whole result")
    return (x.shape[0], *result, out) if layout is Layout.NHWC else (x.shape[0], out, *result)


def conv_transpose_flops(x: TensorType, weight: TensorType, bias: TensorType | None, **_: Any) -> Dim:
    """Two for each multiplication with a weight."""
    return x.count * floor_div(weight.count, weight.shape[0]) * 2


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_transpose_shape,
    flops=conv_transpose_flops,
    accuracy=Accuracy.REDUCTION,
    traits=(LAYOUT_AWARE,),
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
    batch, height, width = x.shape[0], x.shape[2], x.shape[3]
    kernel = weight.shape[2:]
    # Of which pixel with which weight each contribution is: [batch, out, height, width, kernel height, kernel width].
    parts = np.einsum(
        "bgihw,giokl->bgohwkl",
        x.reshape(batch, groups, -1, height, width),
        weight.reshape(groups, -1, *weight.shape[1:]),
        optimize=True,
    ).reshape(batch, -1, height, width, *kernel)
    extent = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip((height, width), stride, dilation, kernel, strict=True)]
    full = np.zeros((batch, parts.shape[1], *(e + o for e, o in zip(extent, output_padding, strict=True))), parts.dtype)
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            top, left = row * dilation[0], column * dilation[1]
            rows = slice(top, top + (height - 1) * stride[0] + 1, stride[0])
            columns = slice(left, left + (width - 1) * stride[1] + 1, stride[1])
            full[:, :, rows, columns] += parts[..., row, column]
    result = full[:, :, padding[0] : full.shape[2] - padding[1], padding[2] : full.shape[3] - padding[3]]
    if bias is not None:
        result = result + bias.reshape(1, -1, 1, 1)
    result = np.clip(result, *clamp).astype(x.dtype)
    return channels_last(result) if layout is Layout.NHWC else result
