"""Activation functions."""

from __future__ import annotations

from enum import Enum
from math import inf, pi, sqrt

import numpy as np

from mtc.ops.define import DERIVED, ELEMENTWISE, FLOATS, IDEMPOTENT, NUMBERS, Accuracy, Tensor, op
from mtc.ops.math import error_function, logistic, wide


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def relu(x: Tensor):
    """`max(x, 0)`."""
    return np.maximum(x, x.dtype.type(0))


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def clamp(x: Tensor, *, min: float = -inf, max: float = inf):
    """`x` limited to [min, max]; NaN stays."""
    raised = x if min == -inf else np.maximum(x, _bound(min, x.dtype))
    return raised if max == inf else np.minimum(raised, _bound(max, x.dtype))


def _bound(bound: float, dtype: np.dtype) -> Tensor:
    """A limit for numbers of `dtype`: one that no integer of it reaches is that of the dtype."""
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        bound = ends.min if bound <= ends.min else ends.max if bound >= ends.max else bound
    return np.asarray(bound).astype(dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def leaky_relu(x: Tensor, *, negative_slope: float = 0.01):
    """`x` where positive, `negative_slope * x` elsewhere."""
    return np.where(x > 0, x, x * x.dtype.type(negative_slope))


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def hardswish(x: Tensor):
    """`x * clamp(x + 3, 0, 6) / 6`."""
    w = wide(x)
    return (w * np.clip(w + 3, 0, 6) / 6).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def hardsigmoid(x: Tensor):
    """`clamp(x + 3, 0, 6) / 6`."""
    return (np.clip(wide(x) + 3, 0, 6) / 6).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def sigmoid(x: Tensor):
    """`1 / (1 + exp(-x))`."""
    return logistic(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def tanh(x: Tensor):
    """The hyperbolic tangent."""
    return np.tanh(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def elu(x: Tensor, *, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0):
    """`scale * x` where positive, `scale * alpha * (exp(input_scale * x) - 1)` elsewhere; SELU and CELU are this."""
    w = wide(x)
    negative = alpha * np.expm1(np.minimum(w, 0) * input_scale)
    return (np.where(w > 0, w, negative) * scale).astype(x.dtype)


class Approximate(Enum):
    """How the normal distribution in `gelu` is computed."""

    NONE = "none"
    TANH = "tanh"


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def gelu(x: Tensor, *, approximate: Approximate = Approximate.NONE):
    """`x * P(X <= x)` for a standard normal X: `x / 2 * (1 + erf(x / sqrt(2)))`, or with `tanh` in place of `erf`:
    `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` (Hendrycks and Gimpel, arXiv:1606.08415)."""
    w = x.astype(np.float64)
    if approximate is Approximate.TANH:
        bent = np.tanh(sqrt(2 / pi) * (w + 0.044715 * w**3))
    else:
        bent = error_function(w / sqrt(2))
    return (w / 2 * (1 + bent)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def silu(x: Tensor):
    """`x * sigmoid(x)`."""
    w = wide(x)
    return (w * logistic(w)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def softplus(x: Tensor, *, beta: float = 1.0, threshold: float = 20.0):
    """`log(1 + exp(beta * x)) / beta`; `x` itself where `beta * x > threshold`."""
    w = wide(x)
    return np.where(w * beta > threshold, w, np.logaddexp(w * beta, 0).astype(w.dtype) / beta).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def mish(x: Tensor):
    """`x * tanh(log(1 + exp(x)))`."""
    w = wide(x)
    return (w * np.tanh(np.logaddexp(w, 0))).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def log_sigmoid(x: Tensor):
    """`log(sigmoid(x))`."""
    return (-np.logaddexp(-wide(x), 0)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def hardshrink(x: Tensor, *, lambd: float = 0.5):
    """`x` outside [-lambd, lambd], 0 inside; NaN stays."""
    return np.where((x >= -lambd) & (x <= lambd), x.dtype.type(0), x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def softshrink(x: Tensor, *, lambd: float = 0.5):
    """`x` moved towards 0 by `lambd`, 0 where it is nearer."""
    w = wide(x)
    return np.where(w > lambd, w - lambd, np.where(w < -lambd, w + lambd, w * 0)).astype(x.dtype)


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def threshold(x: Tensor, *, threshold: float, value: float):
    """`x` where above `threshold`, `value` elsewhere; NaN stays."""
    return np.where(x <= threshold, np.asarray(value).astype(x.dtype), x)


@op(types="T, T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def prelu(x: Tensor, weight: Tensor):
    """`x` where positive, `weight * x` elsewhere. `weight` is broadcast as NumPy does: one for each channel of images
    has the shape [channels, 1, 1]."""
    return np.where(x > 0, x, x * weight)
