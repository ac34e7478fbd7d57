"""Convolutions over one, two and three spatial axes."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np

from mtc.ir.dims import Dim, Shape, floor_div, product
from mtc.ops.define import (
    F32,
    FLOATS,
    LAYOUT_AWARE,
    PRODUCT,
    QI8,
    QU8,
    Accuracy,
    Layout,
    Tensor,
    TensorType,
    Variant,
    may_equal,
    op,
    require,
)
from mtc.ops.quantized import rounded_rows

# Integers by integers; the bias stays in f32, and what the kernels make of it is an integer of the product's scale.
QUANTIZED = Variant("Q, W, f32 -> Q", form="quantized", Q=(QI8, QU8), W=(QI8, QU8))
# Floats that are rounded as they come by integers.
DYNAMIC = Variant("F, W, F -> F", form="dynamic", F=(F32,), W=(QI8,))


def conv_size(size: Dim, kernel: Dim, stride: int, before: int, after: int, dilation: int) -> Dim:
    """Positions of a window along one axis."""
    return floor_div(size + (before + after) - dilation * (kernel - 1) - 1, stride) + 1


class Images(NamedTuple):
    """What a convolution or its transpose is given: images and weights, wherever their channels stand."""

    batch: Dim
    channels: Dim
    sizes: Shape
    per_group: Dim  # the axis of the weights that stands where the images' channels do
    kernel: Shape
    layout: Layout

    @staticmethod
    def of(
        x: TensorType,
        weight: TensorType,
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        groups: int,
        layout: Layout,
    ) -> Images:
        """TypeMismatch if ranks or attributes are not those of a convolution over as many axes as `stride` has."""
        rank = len(stride) + 2
        require(x.rank == rank == weight.rank, f"operands of rank {rank}, not {x.rank} and {weight.rank}")
        require(groups > 0 and min(*stride, *dilation) > 0, "groups, stride and dilation are positive")
        require(min(padding) >= 0, "padding is not negative")
        at, spatial = (-1, slice(1, -1)) if layout is Layout.NHWC else (1, slice(2, None))
        return Images(x.shape[0], x.shape[at], x.shape[spatial], weight.shape[at], weight.shape[spatial], layout)

    def result(self, sizes: Shape, out: Dim, bias: TensorType | None) -> Shape:
        """The shape of the result, of `out` channels."""
        require(bias is None or bias.shape == (out,), "bias has one element for each output channel")
        return (self.batch, *sizes, out) if self.layout is Layout.NHWC else (self.batch, out, *sizes)


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
    dynamic: bool = False,
    **_: Any,
) -> Shape:
    """[batch, channels, *spatial] by [out, channels / groups, *kernel]; nhwc moves the channels of both to the end."""
    is_mixed = x.qparams is None and weight.qparams is not None
    require(dynamic == is_mixed, "floats are rounded as they come where weights are integers, and only there")
    if dynamic and weight.qparams is not None:
        by_channel = weight.qparams.axis in (None, 0) and weight.qparams.block is None
        require(by_channel, "the weights have one scale, or one for each output channel")
    images = Images.of(x, weight, stride, padding, dilation, groups, layout)
    channels, per_group, out = images.channels, images.per_group, weight.shape[0]
    require(may_equal(channels, per_group * groups), f"{channels} channels are not {groups} groups of {per_group}")
    require(not isinstance(out, int) or out % groups == 0, f"{out} output channels do not divide into {groups} groups")
    sizes = tuple(
        conv_size(images.sizes[i], images.kernel[i], stride[i], padding[2 * i], padding[2 * i + 1], dilation[i])
        for i in range(len(stride))
    )
    for size in sizes:
        require(not isinstance(size, int) or size > 0, "the window is larger than the padded input")
    return images.result(sizes, out, bias)


def conv_flops(x: TensorType, weight: TensorType, bias: TensorType | None, **attrs: Any) -> Dim:
    """Two for each multiplication with a weight."""
    per_output = floor_div(weight.count, weight.shape[0])
    return product(conv_shape(x, weight, bias, **attrs)) * per_output * 2


def rounded_images(x: Tensor) -> Tensor:
    """Each image of a batch as 8-bit integers of a scale and zero point of its own, and real again."""
    return rounded_rows(x.reshape(len(x), product(x.shape[1:]))).reshape(x.shape)


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
    steps = tuple(slice(None, None, s) for s in (1, 1, *stride, *dilation))
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


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_shape,
    flops=conv_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=PRODUCT,
    variants=(QUANTIZED, DYNAMIC),
)
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
    dynamic: bool = False,
):
    """Convolution along time. `padding` is before and after. With `dynamic`, which is for weights that are integers,
    each batch entry of `x` is rounded to 8 bits first, by a scale of its own."""
    return convolve(rounded_images(x) if dynamic else x, weight, bias, stride, padding, dilation, groups, clamp)


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_shape,
    flops=conv_flops,
    accuracy=Accuracy.REDUCTION,
    traits=(LAYOUT_AWARE,),
    quantized=PRODUCT,
    variants=(QUANTIZED, DYNAMIC),
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
    dynamic: bool = False,
):
    """Convolution of images. `padding` is top, bottom, left, right. With `dynamic`, which is for weights that are
    integers, each image is rounded to 8 bits first, by a scale of its own."""
    if dynamic:
        x = rounded_images(x)
    if layout is Layout.NHWC:
        x, weight = channels_first(x), channels_first(weight)
    result = convolve(x, weight, bias, stride, padding, dilation, groups, clamp)
    return channels_last(result) if layout is Layout.NHWC else result


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=conv_shape,
    flops=conv_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=PRODUCT,
    variants=(QUANTIZED,),
)
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
