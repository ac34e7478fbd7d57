"""Normalization: by statistics of the training, or of the operand itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Dim, Shape
from mtc.ops.define import (
    DERIVED,
    FLOATS,
    QI8,
    QU8,
    Accuracy,
    Tensor,
    TensorType,
    Variant,
    may_equal,
    op,
    require,
)

# The operand and the result in integers; the parameters, which are few, stay as they are.
AFFINE = Variant("Q, f32, f32 -> Q", form="quantized", Q=(QI8, QU8))
SCALED = Variant("Q, f32 -> Q", form="quantized", Q=(QI8, QU8))


def _per_channel(x: TensorType, *parameters: TensorType | None) -> Shape:
    require(x.rank >= 2, "x is [batch, channels, ...]")
    for parameter in parameters:
        fits = parameter is None or _may_be(parameter, x.shape[1:2])
        require(fits, "parameters have one element for each channel")
    return x.shape


def _may_be(parameter: TensorType, shape: Shape) -> bool:
    return parameter.rank == len(shape) and all(map(may_equal, parameter.shape, shape))


def batch_norm_shape(x: TensorType, *parameters: TensorType | None, **_: Any) -> Shape:
    return _per_channel(x, *parameters)


def normalization_flops(x: TensorType, *_: Any, **__: Any) -> Dim:
    return x.count * 5


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _along_channels(parameter: Tensor | None, rank: int) -> Tensor | None:
    return None if parameter is None else parameter.reshape(-1, *[1] * (rank - 2))


@op(
    types="T, T, T, T, T -> T",
    T=FLOATS,
    infer=batch_norm_shape,
    flops=lambda x, *_, **__: x.count * 2,
    accuracy=Accuracy.REDUCTION,
)
def batch_norm(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor, *, eps: float = 1e-5
):
    """`(x - mean) / sqrt(variance + eps) * weight + bias` for x [batch, channels, ...]; all parameters are
    [channels]."""
    weight, bias, mean, variance = (_along_channels(p, x.ndim) for p in (weight, bias, mean, variance))
    return _scaled((x - mean) / np.sqrt(variance + x.dtype.type(eps)), weight, bias)


def layer_norm_shape(x: TensorType, *parameters: TensorType | None, normalized_axes: int, **_: Any) -> Shape:
    require(0 < normalized_axes <= x.rank, f"{normalized_axes} normalized axes of a tensor of rank {x.rank}")
    for parameter in parameters:
        fits = parameter is None or _may_be(parameter, x.shape[-normalized_axes:])
        require(fits, "parameters are shaped like the normalized axes")
    return x.shape


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=layer_norm_shape,
    flops=normalization_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
    variants=(AFFINE,),
)
def layer_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, *, normalized_axes: int = 1, eps: float = 1e-5):
    """`(x - mean) / sqrt(variance + eps) * weight + bias`, with mean and (biased) variance over the last
    `normalized_axes` axes, which are the parameters' shape."""
    axes = tuple(range(-normalized_axes, 0))
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = np.square(centred).mean(axis=axes, keepdims=True)
    return _scaled(centred / np.sqrt(variance + x.dtype.type(eps)), weight, bias)


@op(
    types="T, T -> T",
    T=FLOATS,
    infer=layer_norm_shape,
    flops=normalization_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
    variants=(SCALED,),
)
def rms_norm(x: Tensor, weight: Tensor | None, *, normalized_axes: int = 1, eps: float = 1e-5):
    """`x / sqrt(mean(x * x) + eps) * weight`, with the mean over the last `normalized_axes` axes."""
    axes = tuple(range(-normalized_axes, 0))
    return _scaled(x / np.sqrt(np.square(x).mean(axis=axes, keepdims=True) + x.dtype.type(eps)), weight, None)


def group_norm_shape(
    x: TensorType, weight: TensorType | None, bias: TensorType | None, *, num_groups: int, **_: Any
) -> Shape:
    shape = _per_channel(x, weight, bias)
    channels = shape[1]
    divides = num_groups > 0 and (not isinstance(channels, int) or channels % num_groups == 0)
    require(divides, f"{channels} channels do not divide into {num_groups} groups")
    return shape


@op(
    types="T, T, T -> T",
    T=FLOATS,
    infer=group_norm_shape,
    flops=normalization_flops,
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
    variants=(AFFINE,),
)
def group_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, *, num_groups: int, eps: float = 1e-5):
    """`(x - mean) / sqrt(variance + eps) * weight + bias` for x [batch, channels, ...], with mean and (biased)
    variance over each group of channels; parameters are [channels]. A group for each channel is instance
    normalization."""
    grouped = x.reshape(x.shape[0], num_groups, x.shape[1] // num_groups, *x.shape[2:])
    axes = tuple(range(2, grouped.ndim))
    centred = grouped - grouped.mean(axis=axes, keepdims=True)
    variance = np.square(centred).mean(axis=axes, keepdims=True)
    normal = (centred / np.sqrt(variance + x.dtype.type(eps))).reshape(x.shape)
    return _scaled(normal, _along_channels(weight, x.ndim), _along_channels(bias, x.ndim))


def local_response_shape(x: TensorType, *, size: int, **_: Any) -> Shape:
    require(size > 0, "size is positive")
    return _per_channel(x)


@op(
    types="T -> T",
    T=FLOATS,
    infer=local_response_shape,
    flops=lambda x, *, size, **_: x.count * (size + 3),
    accuracy=Accuracy.REDUCTION,
    quantized=DERIVED,
)
def local_response_norm(x: Tensor, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
    """`x / (k + alpha / size * sum) ^ beta`, where `sum` is of the squares of `size` neighbouring channels: `size // 2`
    before and `(size - 1) // 2` after (Krizhevsky et al., 2012)."""
    squares = np.pad(np.square(x), [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))
    total = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    return x / np.power(x.dtype.type(k) + x.dtype.type(alpha / size) * total, x.dtype.type(beta))
