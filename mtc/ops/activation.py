"""Activation functions."""

from __future__ import annotations

from math import inf

import numpy as np

from mtc.ops.define import DERIVED, ELEMENTWISE, FLOATS, IDEMPOTENT, NUMBERS, Accuracy, Tensor, op


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def relu(x: Tensor):
    """`max(x, 0)`."""
    return np.maximum(x, x.dtype.type(0))


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def clamp(x: Tensor, *, min: float = -inf, max: float = inf):
    """`x` limited to [min, max]; NaN stays."""
    return np.minimum(np.maximum(x, min), max)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def leaky_relu(x: Tensor, *, negative_slope: float = 0.01):
    """`x` where positive, `negative_slope * x` elsewhere."""
    return np.where(x > 0, x, x * x.dtype.type(negative_slope))


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def hardswish(x: Tensor):
    """`x * clamp(x + 3, 0, 6) / 6`."""
    return x * np.clip(x + x.dtype.type(3), 0, 6) / x.dtype.type(6)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def hardsigmoid(x: Tensor):
    """`clamp(x + 3, 0, 6) / 6`."""
    return np.clip(x + x.dtype.type(3), 0, 6) / x.dtype.type(6)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def sigmoid(x: Tensor):
    """`1 / (1 + exp(-x))`."""
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype)
