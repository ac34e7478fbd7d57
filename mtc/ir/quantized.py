"""Quantized elements and the real numbers that they stand for."""

from __future__ import annotations

import numpy as np

from mtc.ir.types import QI4, QI8, QU8, DType, QParams

RANGES: dict[DType, tuple[int, int]] = {QI8: (-128, 127), QU8: (0, 255), QI4: (-8, 7)}


def dequantize(array: np.ndarray, qparams: QParams, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """`scale * (integer - zero_point)` of every element, computed in `dtype`."""
    scale, zero_point = scale_and_zero_point(qparams, array.shape)
    return np.asarray((array.astype(dtype) - zero_point.astype(dtype)) * scale.astype(dtype))


def quantize(array: np.ndarray, dtype: DType, qparams: QParams) -> np.ndarray:
    """The elements of `dtype` nearest to real numbers: rounded half to even, saturated. NaN becomes the zero point.
    Computed in the array's own type, f32 at least."""
    scale, zero_point = scale_and_zero_point(qparams, array.shape)
    wide = array.astype(np.promote_types(array.dtype, np.float32), copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.nan_to_num(np.rint(wide / scale.astype(wide.dtype)), nan=0.0)
    low, high = RANGES[dtype]
    return np.asarray(np.clip(steps + zero_point, low, high)).astype(dtype.numpy)


def scale_and_zero_point(qparams: QParams, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point of each element of an array of `shape`, as arrays that broadcast to it."""
    scale, zero_point = qparams.scale.astype(np.float32, copy=False), qparams.zero_point
    if qparams.axis is None:
        return scale.reshape(()), zero_point.reshape(())
    axis = qparams.axis % len(shape)
    others, size = shape[:axis] + shape[axis + 1 :], shape[axis]
    if qparams.block is None:
        scale, zero_point = (np.broadcast_to(values, (*others, size)) for values in (scale, zero_point))
    else:
        scale, zero_point = (
            np.repeat(values.reshape(*others, -1), qparams.block, axis=-1)[..., :size] for values in (scale, zero_point)
        )
    return np.moveaxis(scale, -1, axis), np.moveaxis(zero_point, -1, axis)
