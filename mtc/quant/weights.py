"""Weights as integers."""

from __future__ import annotations

import numpy as np

from mtc.ir.constant import Constant
from mtc.ir.quantized import RANGES, quantize
from mtc.ir.types import DType, QParams, TensorType

_SMALLEST_HALF = np.float32(2.0**-24)
_MOST_NOISE = 2.0**-16  # of half precision, beside the numbers; rounding in range makes a quarter of that at most
_SMALLEST = np.float32(1e-30)  # whose product with another is a number too


def range_of(constant: Constant) -> tuple[float, float]:
    """The smallest number and the largest, zero among them."""
    array = constant.array()
    return float(array.min(initial=0.0)), float(array.max(initial=0.0))


def affine(low: float, high: float, dtype: DType) -> QParams:
    """One scale and zero point for numbers in [low, high]; zero is always among them, and exact. If there is nothing
    but zero, the scale is 1."""
    least, most = RANGES[dtype]
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.maximum(np.float32((high - low) / (most - least)), _SMALLEST) if low < high else np.float32(1)
    return QParams(scale, int(np.clip(np.rint(least - low / float(scale)), least, most)))


def symmetric(array: np.ndarray, dtype: DType, axis: int | None) -> QParams:
    """Scales whose zero point is 0; the lowest integer is not used, so that negation stays in range. Channels of zeros
    have the largest scale of the others."""
    others = None if axis is None else tuple(i for i in range(array.ndim) if i != axis)
    largest = np.abs(array).max(axis=others, initial=0.0)
    scale = np.maximum((largest / RANGES[dtype][1]).astype(np.float32), _SMALLEST)
    return QParams(np.where(largest > 0, scale, np.max(scale) if np.any(largest) else np.float32(1)), 0, axis)


def by_block(array: np.ndarray, dtype: DType, block: int) -> QParams:
    """Symmetric scales of blocks along the last axis, in f16, which they are stored in."""
    rows = array.reshape(-1, array.shape[-1] // block, block)
    largest = np.abs(rows).max(axis=-1).astype(np.float32)
    with np.errstate(over="ignore"):
        scale = np.maximum(largest / RANGES[dtype][1], _SMALLEST_HALF).astype(np.float16)
    return QParams(scale.reshape(-1), 0, array.ndim - 1, block)


def quantized(constant: Constant, dtype: DType, qparams: QParams) -> Constant:
    """The constant in integers, under its own name."""
    return Constant(
        constant.name, TensorType(dtype, constant.type.shape, qparams), quantize(constant.array(), dtype, qparams)
    )


def is_held(array: np.ndarray, dtype: DType) -> bool:
    """Whether half precision holds the numbers: none becomes infinite, as a mask's lowest float would in f16, and they
    are not so small that they become zeros."""
    numbers = array[np.isfinite(array)].astype(np.float64)
    with np.errstate(over="ignore"):
        noise = numbers - numbers.astype(dtype.numpy).astype(np.float64)
    return bool(np.sum(noise**2) <= _MOST_NOISE * np.sum(numbers**2))
