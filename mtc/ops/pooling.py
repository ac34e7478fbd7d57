"""Pooling of images."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, ceil_div, floor_div, minimum, product
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
    require,
)


def pooled_size(size: Dim, kernel: int, stride: int, before: int, after: int, dilation: int, ceil_mode: bool) -> Dim:
    """Windows along one axis. With `ceil_mode` the last one may overhang, but begins in the image or the padding before
    it."""
    room = size + (before + after) - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return floor_div(room, stride) + 1
    count = ceil_div(room, stride)
    if after + stride - 2 < dilation * (kernel - 1):  # the last one always begins there
        return count + 1
    return minimum(count, floor_div(size + before - 1, stride)) + 1


def pooled_sizes(
    sizes: Shape,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
) -> Shape:
    """Windows along each spatial axis. TypeMismatch if the attributes make no sense, or no window fits."""
    require(min(*kernel_size, *stride, *dilation) > 0, "kernel, stride and dilation are positive")
    result: list[Dim] = []
    for i, size in enumerate(sizes):
        before, after = padding[2 * i : 2 * i + 2]
        extent = dilation[i] * (kernel_size[i] - 1) + 1
        require(0 <= before < extent and 0 <= after < extent, "padding is not negative and smaller than the window")
        count = pooled_size(size, kernel_size[i], stride[i], before, after, dilation[i], ceil_mode)
        require(not isinstance(count, int) or count > 0, "the window is larger than the padded input")
        result.append(count)
    return tuple(result)


def pooled_shape(
    x: TensorType,
    *,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    ceil_mode: bool,
    layout: Layout,
    dilation: tuple[int, int] = (1, 1),
    **_: Any,
) -> Shape:
    require(x.rank == 4, f"an operand of rank 4, not {x.rank}")
    height, width = pooled_sizes(image_size(x, layout), kernel_size, stride, padding, dilation, ceil_mode)
    return with_image_size(x, height, width, layout)


def image_size(x: TensorType, layout: Layout) -> Shape:
    """Height and width."""
    return x.shape[1:3] if layout is Layout.NHWC else x.shape[2:]


def with_image_size(x: TensorType, height: Dim, width: Dim, layout: Layout) -> Shape:
    """The shape of `x` with another height and width."""
    if layout is Layout.NHWC:
        return (x.shape[0], height, width, x.shape[3])
    return (x.shape[0], x.shape[1], height, width)


def pooling_flops(x: TensorType, *, kernel_size: tuple[int, int], **attrs: Any) -> Dim:
    return product(pooled_shape(x, kernel_size=kernel_size, **attrs)) * product(kernel_size)


def windows(
    x: Tensor,
    fill: Any,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
) -> Tensor:
    """[batch, channels, *positions, *kernel] of `x` [batch, channels, *spatial], whose outside is `fill`."""
    pads = [(0, 0), (0, 0)]
    counts = []
    for i, size in enumerate(x.shape[2:]):
        before, after = padding[2 * i : 2 * i + 2]
        count = pooled_size(size, kernel[i], stride[i], before, after, dilation[i], ceil_mode)
        needed = (count - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1
        pads.append((before, max(after, needed - size - before)))
        counts.append(count)
    padded = np.pad(x, pads, constant_values=fill)
    extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    found = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=tuple(range(2, x.ndim)))
    steps = tuple(slice(None, None, s) for s in (1, 1, *stride, *dilation))
    kept = (slice(None), slice(None), *(slice(0, count) for count in counts))
    return found[steps][kept]


def lowest(dtype: np.dtype) -> Any:
    """What no element is smaller than."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else -inf


@op(
    types="T -> T",
    T=NUMBERS,
    infer=pooled_shape,
    flops=pooling_flops,
    traits=(LAYOUT_AWARE, SHARES_QPARAMS),
    accuracy=Accuracy.EXACT,
    quantized=DERIVED,
)
def max_pool2d(
    x: Tensor,
    *,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    dilation: tuple[int, int] = (1, 1),
    ceil_mode: bool = False,
    clamp: tuple[float, float] = (-inf, inf),
    layout: Layout = Layout.NCHW,
):
    """The largest element of each window; NaN if it holds one. `padding` is top, bottom, left, right and never the
    largest."""
    images = channels_first(x) if layout is Layout.NHWC else x
    result = windows(images, lowest(x.dtype), kernel_size, stride, padding, dilation, ceil_mode).max(axis=(-1, -2))
    if clamp != (-inf, inf):
        result = np.clip(result, *clamp).astype(x.dtype)
    return channels_last(result) if layout is Layout.NHWC else result


@op(
    types="T -> T",
    T=FLOATS,
    infer=pooled_shape,
    flops=pooling_flops,
    traits=(LAYOUT_AWARE,),
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def avg_pool2d(
    x: Tensor,
    *,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int = 0,
    clamp: tuple[float, float] = (-inf, inf),
    layout: Layout = Layout.NCHW,
):
    """The sum of each window divided by its elements, or by `divisor_override` if that is not 0.

    `padding` is top, bottom, left, right; it counts as elements with `count_include_pad`. What overhangs the padding
    because of `ceil_mode` never does.
    """
    images = channels_first(x) if layout is Layout.NHWC else x
    dtype = np.promote_types(x.dtype, np.float32)
    total = windows(images.astype(dtype), 0, kernel_size, stride, padding, (1, 1), ceil_mode).sum(axis=(-1, -2))
    inside = np.ones((1, 1, *images.shape[2:]), dtype)
    around = padding
    if count_include_pad:
        inside = np.pad(inside, [(0, 0), (0, 0), padding[:2], padding[2:]], constant_values=1)
        around = (0, 0, 0, 0)
    # The counts of windows that begin at the same places: sizes that `around` does not change.
    counts = windows(inside, 0, kernel_size, stride, around, (1, 1), ceil_mode).sum(axis=(-1, -2))
    counts = counts[:, :, : total.shape[2], : total.shape[3]]
    result = np.clip(total / (divisor_override or counts), *clamp).astype(x.dtype)
    return channels_last(result) if layout is Layout.NHWC else result


def adapted_shape(x: TensorType, *, size: Shape, layout: Layout, **_: Any) -> Shape:
    require(x.rank == 4, f"an operand of rank 4, not {x.rank}")
    require(len(size) == 2, "size is height and width")
    require(all(not isinstance(s, int) or s > 0 for s in size), "size is positive")
    return with_image_size(x, size[0], size[1], layout)


@op(
    types="T -> T",
    T=FLOATS,
    infer=adapted_shape,
    flops=lambda x, **_: x.count,
    traits=(LAYOUT_AWARE,),
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def adaptive_avg_pool2d(x: Tensor, *, size: Dims, layout: Layout = Layout.NCHW):
    """The means of `size` (height, width) windows that cover the image: window i of n reaches from `i * length // n` to
    `(i + 1) * length / n`, rounded up."""
    images = (channels_first(x) if layout is Layout.NHWC else x).astype(np.promote_types(x.dtype, np.float32))
    elements = np.ones((1, 1, 1, 1), images.dtype)
    for axis, count in zip((2, 3), size, strict=True):
        length = images.shape[axis]
        windows = [range(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]
        sums = [np.take(images, window, axis).sum(axis=axis, keepdims=True) for window in windows]
        images = np.concatenate(sums, axis=axis)
        along = [count if i == axis else 1 for i in range(4)]
        elements = elements * np.array([len(window) for window in windows], images.dtype).reshape(along)
    means = images / elements  # rounded once, as kernels do
    return (channels_last(means) if layout is Layout.NHWC else means).astype(x.dtype)
