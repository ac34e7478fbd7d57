"""Pooling of videos and volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape, product
from mtc.ops.define import DERIVED, FLOATS, NUMBERS, SHARES_QPARAMS, Accuracy, Tensor, TensorType, op, require
from mtc.ops.pooling import lowest, pooled_sizes, windows


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
    return (*x.shape[:2], *pooled_sizes(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode))


def pooling_flops(x: TensorType, *, kernel_size: tuple[int, ...], **attrs: Any) -> Dim:
    return product(pooled_volume(x, kernel_size=kernel_size, **attrs)) * product(kernel_size)


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
    return windows(x, lowest(x.dtype), kernel_size, stride, padding, dilation, ceil_mode).max(axis=(-1, -2, -3))


@op(
    types="T -> T",
    T=FLOATS,
    infer=pooled_volume,
    flops=pooling_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
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
    total = windows(x, 0, kernel_size, stride, padding, ones, ceil_mode).sum(axis=(-1, -2, -3))
    if divisor_override:
        return total / x.dtype.type(divisor_override)
    pairs = [(0, 0), (0, 0), padding[:2], padding[2:4], padding[4:]]
    # The padded operand is pooled like the bare one, with what is counted as ones.
    inside = np.pad(np.ones((1, 1, *x.shape[2:]), x.dtype), pairs, constant_values=int(count_include_pad))
    counts = windows(inside, 0, kernel_size, stride, (0,) * 6, ones, True).sum(axis=(-1, -2, -3))
    return total / counts[:, :, : total.shape[2], : total.shape[3], : total.shape[4]]
