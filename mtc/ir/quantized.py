"""Quantized elements and the real numbers that they stand for."""

from __future__ import annotations

import numpy as np

from mtc.ir.types import QI4, QI8, QU8, DType, QParams

_RANGES: dict[DType, tuple[int, int]] = {QI8: (-128, 127), QU8: (0, 255), QI4: (-8, 7)}


def dequantize(array: np.ndarray, qparams: QParams) -> np.ndarray:
    """`scale * (integer - zero_point)` of every element, in f32."""
    scale, zero_point = _spread(qparams, array.shape)
    reals: np.ndarray = (array.astype(np.float32) - zero_point) * scale
    return reals


def quantize(array: np.ndarray, dtype: DType, qparams: QParams) -> np.ndarray:
    """The elements of `dtype` nearest to real numbers: rounded half to even, saturated. NaN becomes the zero point."""
    scale, zero_point = _spread(qparams, array.shape)
    steps = np.nan_to_num(np.rint(array.astype(np.float32) / scale), nan=0.0)
    low, high = _RANGES[dtype]
    elements: np.ndarray = np.clip(steps + zero_point, low, high).astype(dtype.numpy)
    return elements


def _spread(qparams: QParams, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point of each element of an array of `shape`, as arrays that broadcast to it."""
    scale, zero_point = np.array(qparams.scale, np.float32), np.array(qparams.zero_point, np.float32)
    if qparams.axis is None:
        return scale, zero_point
    axis = qparams.axis % len(shape)
    others, size = shape[:axis] + shape[axis + 1 :], shape[axis]
    if qparams.block is None:
        scale, zero_point = (np.broadcast_to(values, (*others, size)) for values in (scale, zero_point))
    else:
        scale, zero_point = (
            np.repeat(values.reshape(*others, -1), qparams.block, axis=-1)[..., :size] for values in (scale, zero_point)
        )
    return np.moveaxis(scale, -1, axis), np.moveaxis(zero_point, -1, axis)
