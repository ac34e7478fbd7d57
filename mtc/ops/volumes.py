"""Pooling of videos and volumes."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import FLOATS, NUMBERS, SHARES_QPARAMS, Accuracy, Tensor, TensorType, op, require
from mtc.ops.pooling import pooled_size


def pooled_volume(
    x: TensorType,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    ceil_mode: bool,
    dilation: tuple[int, ...] = (1, 1, 1),
    **_: Any,
) -> Shape:
    require(x.rank == 5, f"an operand of rank 5, not {x.rank}")
    require(min(*kernel_size, *stride, *dilation) > 0, "kernel, stride and dilation are positive")
    result: list[Dim] = []
    for i in range(3):
        before, after = padding[2 * i : 2 * i + 2]
        extent = dilation[i] * (kernel_size[i] - 1) + 1
        require(0 <= before < extent and 0 <= after < extent, "padding is not negative and smaller than the window")
        size = pooled_size(x.shape[2 + i], kernel_size[i], stride[i], before, after, dilation[i], ceil_mode)
        require(not isinstance(size, int) or size > 0, "the window is larger than the padded input")
        result.append(size)
    return (*x.shape[:2], *result)


def pooling_flops(x: TensorType, *, kernel_size: tuple[int, ...], **attrs: Any) -> Dim:
    return product(pooled_volume(x, kernel_size=kernel_size, **attrs)) * product(kernel_size)


def _windows(
    x: Tensor,
    fill: Any,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
) -> Tensor:
    """[batch, channels, *positions, *kernel] of x, whose outside is `fill`."""
    pads = [(0, 0), (0, 0)]
    counts = []
    for i in range(3):
        before, after = padding[2 * i : 2 * i + 2]
        count = pooled_size(x.shape[2 + i], kernel[i], stride[i], before, after, dilation[i], ceil_mode)
        needed = (count - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1
        pads.append((before, max(after, needed - x.shape[2 + i] - before)))
        counts.append(count)
    padded = np.pad(x, pads, constant_values=fill)
    extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=(2, 3, 4))
    steps = [slice(None, None, s) for s in (1, 1, *stride, *dilation)]
    kept = (slice(None), slice(None), *(slice(0, count) for count in counts))
    return windows[tuple(steps)][kept]


@op(
    types="T -> T",
    T=NUMBERS,
    infer=pooled_volume,
    flops=pooling_flops,
    traits=(SHARES_QPARAMS,),
    accuracy=Accuracy.EXACT,
)
def max_pool3d(
    x: Tensor,
    *,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0),
    dilation: tuple[int, int, int] = (1, 1, 1),
    ceil_mode: bool = False,
):
    """The largest element of each window; NaN if it holds one. `padding` is before and after each of depth, height and
    width, and never the largest."""
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -inf
    return _windows(x, lowest, kernel_size, stride, padding, dilation, ceil_mode).max(axis=(-1, -2, -3))


@op(types="T -> T", T=FLOATS, infer=pooled_volume, flops=pooling_flops, accuracy=Accuracy.REDUCTION)
def avg_pool3d(
    x: Tensor,
    *,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int = 0,
):
    """The sum of each window divided by its elements, or by `divisor_override` if that is not 0.

    `padding`, before and after each of depth, height and width, counts as elements with `count_include_pad`. What
    overhangs it because of `ceil_mode` never does.
    """
    ones = (1, 1, 1)
    total = _windows(x, 0, kernel_size, stride, padding, ones, ceil_mode).sum(axis=(-1, -2, -3))
    if divisor_override:
        return total / x.dtype.type(divisor_override)
    pairs = [(0, 0), (0, 0), padding[:2], padding[2:4], padding[4:]]
    # The padded operand is pooled like the bare one, with what is counted as ones.
    inside = np.pad(np.ones((1, 1, *x.shape[2:]), x.dtype), pairs, constant_values=int(count_include_pad))
    counts = _windows(inside, 0, kernel_size, stride, (0,) * 6, ones, True).sum(axis=(-1, -2, -3))
    return total / counts[:, :, : total.shape[2], : total.shape[3], : total.shape[4]]
