"""Weights as integers."""

from __future__ import annotations

import numpy as np

from mtc.ir.constant import Constant
from mtc.ir.quantized import RANGES, quantize
from mtc.ir.types import DType, QParams, TensorType

_SMALLEST = 1e-12  # a scale: channels of zeros have none of their own


def affine(low: float, high: float, dtype: DType) -> QParams:
    """One scale and zero point for numbers in [low, high]; zero is always among them, and exact."""
    least, most = RANGES[dtype]
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32(max((high - low) / (most - least), _SMALLEST))
    return QParams(scale, int(np.clip(np.rint(least - low / float(scale)), least, most)))


def symmetric(array: np.ndarray, dtype: DType, axis: int | None) -> QParams:
    """Scales whose zero point is 0; the lowest integer is not used, so that negation stays in range."""
    others = None if axis is None else tuple(i for i in range(array.ndim) if i != axis)
    largest = np.abs(array).max(axis=others, initial=0.0)
    scale = np.maximum(largest / RANGES[dtype][1], _SMALLEST).astype(np.float32)
    return QParams(scale, 0, axis)


def quantized(constant: Constant, dtype: DType, qparams: QParams) -> Constant:
    """The constant in integers, under its own name."""
    return Constant(
        constant.name, TensorType(dtype, constant.type.shape, qparams), quantize(constant.array(), dtype, qparams)
    )
