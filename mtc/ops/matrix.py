"""Products of matrices."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.convolution import QUANTIZED
from mtc.ops.define import (
    BF16,
    DERIVED,
    F16,
    F32,
    FLOATS,
    PRODUCT,
    QI4,
    QI8,
    Accuracy,
    Tensor,
    TensorType,
    Variant,
    broadcast,
    may_equal,
    op,
    require,
)
from mtc.ops.quantized import rounded_rows

# Weights in fewer bits than they are computed with.
STORED = Variant("F, W, F -> F", form="stored", F=(F32,), W=(QI8, QI4, F16, BF16))


def linear_shape(
    x: TensorType, weight: TensorType, bias: TensorType | None, *, dynamic: bool = False, **_: Any
) -> Shape:
    is_stored = x.dtype is F32 and weight.dtype in (QI8, QI4)
    require(not dynamic or is_stored, "only floats by integer weights are rounded as they come")
    require(x.rank >= 1 and weight.rank == 2, "x has a last axis, weight is [out, in]")
    require(may_equal(x.shape[-1], weight.shape[1]), f"{x.shape[-1]} features by weights for {weight.shape[1]}")
    require(bias is None or bias.shape == (weight.shape[0],), "bias has one element for each output feature")
    return (*x.shape[:-1], weight.shape[0])


def linear_flops(x: TensorType, weight: TensorType, bias: TensorType | None, **_: Any) -> Dim:
    return x.count * weight.shape[0] * 2


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=linear_shape,
    flops=linear_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=PRODUCT,
    variants=(QUANTIZED, STORED),
)
def linear(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    clamp: tuple[float, float] = (-inf, inf),
    dynamic: bool = False,
):
    """`x @ weight.T + bias` over the last axis; `weight` is [out, in]. With `dynamic`, which is for weights that are
    stored as integers, each row of `x` is rounded to 8 bits first, by a scale of its own."""
    result = np.matmul(rounded_rows(x) if dynamic else x, weight.T)
    return np.clip(result if bias is None else result + bias, *clamp)


@op(
    types="Q, W, f32 -> f32",
    Q=(QI8,),
    W=(QI8,),
    infer=linear_shape,
    flops=linear_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def integer_linear(x: Tensor, weight: Tensor, bias: Tensor | None, *, clamp: tuple[float, float] = (-inf, inf)):
    """`linear` of integers whose sums are not rounded again, for a result that only floats read."""
    result = np.matmul(x, weight.T)
    return np.clip(result if bias is None else result + bias, *clamp)


def matmul_shape(x: TensorType, y: TensorType, *, transpose_y: bool, **_: Any) -> Shape:
    require(x.rank >= 2 and y.rank >= 2, "operands have two axes or more")
    rows, columns = y.shape[-2:] if not transpose_y else y.shape[:-3:-1]
    require(may_equal(x.shape[-1], rows), f"{x.shape[-1]} columns by {rows} rows")
    return (*broadcast(x.shape[:-2], y.shape[:-2]), x.shape[-2], columns)


def matmul_flops(x: TensorType, y: TensorType, **attrs: Any) -> Dim:
    return TensorType(x.dtype, matmul_shape(x, y, **attrs)).count * x.shape[-1] * 2


@op(
    types="T, T -> T",
    T=FLOATS,
    infer=matmul_shape,
    flops=matmul_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=PRODUCT,
)
def matmul(x: Tensor, y: Tensor, *, transpose_y: bool = False):
    """The product of the matrices in the last two axes; leading axes are broadcast. `transpose_y` reads y as its
    transpose."""
    return np.matmul(x, np.swapaxes(y, -1, -2) if transpose_y else y)
