"""Mathematical functions of one operand. Half-precision floats are computed in f32 and rounded once."""

from __future__ import annotations

import math

import numpy as np

from mtc.ops.define import DERIVED, ELEMENTWISE, FLOATS, IDEMPOTENT, NUMBERS, Accuracy, Tensor, op


def wide(x: Tensor) -> Tensor:
    """`x` in f32 if it is of half precision."""
    return x.astype(np.promote_types(x.dtype, np.float32), copy=False)


def logistic(x: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))` without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def error_function(x: Tensor) -> Tensor:
    """erf in f64, by the C library."""
    return np.array([math.erf(v) for v in x.astype(np.float64).ravel().tolist()]).reshape(x.shape)


def _log_gamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, or beyond what a float holds
        return math.inf


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def abs_(x: Tensor):
    """The magnitude; that of the least integer wraps to itself."""
    return np.abs(x)


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def neg(x: Tensor):
    """`-x`; integers wrap."""
    return np.negative(x)


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def sign(x: Tensor):
    """-1, 0 or 1. Zero where x is NaN."""
    return np.where(np.isnan(x), x.dtype.type(0), np.sign(x)) if x.dtype.kind not in "iu" else np.sign(x)


@op(types="T -> T", T=NUMBERS, traits=(ELEMENTWISE,), quantized=DERIVED)
def square(x: Tensor):
    """`x * x`; integers wrap."""
    return np.multiply(x, x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def sqrt(x: Tensor):
    """The square root; NaN of what is negative."""
    return np.sqrt(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def rsqrt(x: Tensor):
    """`1 / sqrt(x)`."""
    return (1 / np.sqrt(wide(x))).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), quantized=DERIVED)
def reciprocal(x: Tensor):
    """`1 / x`."""
    return (1 / wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def floor(x: Tensor):
    """The next whole number towards minus infinity."""
    return np.floor(x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def ceil(x: Tensor):
    """The next whole number towards infinity."""
    return np.ceil(x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def round_(x: Tensor):
    """The nearest whole number, halves to the even one."""
    return np.rint(x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE, IDEMPOTENT), accuracy=Accuracy.EXACT, quantized=DERIVED)
def trunc(x: Tensor):
    """The next whole number towards zero."""
    return np.trunc(x)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def exp(x: Tensor):
    """e to the power of x."""
    return np.exp(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def exp2(x: Tensor):
    """2 to the power of x."""
    return np.exp2(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def expm1(x: Tensor):
    """`exp(x) - 1`, exact near 0."""
    return np.expm1(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def log(x: Tensor):
    """The natural logarithm."""
    return np.log(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def log2(x: Tensor):
    """The logarithm to base 2."""
    return np.log2(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def log10(x: Tensor):
    """The logarithm to base 10."""
    return np.log10(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def log1p(x: Tensor):
    """`log(1 + x)`, exact near 0."""
    return np.log1p(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def erf(x: Tensor):
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t * t)` from 0 to x."""
    return error_function(x).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def lgamma(x: Tensor):
    """The logarithm of the magnitude of the gamma function; infinite at 0 and the whole numbers below."""
    with np.errstate(over="ignore"):
        return np.array([_log_gamma(v) for v in x.astype(np.float64).ravel().tolist()]).reshape(x.shape).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def sin(x: Tensor):
    """The sine of an angle in radians."""
    return np.sin(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def cos(x: Tensor):
    """The cosine of an angle in radians."""
    return np.cos(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def tan(x: Tensor):
    """The tangent of an angle in radians."""
    return np.tan(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def asin(x: Tensor):
    """The angle in radians whose sine is x."""
    return np.arcsin(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def acos(x: Tensor):
    """The angle in radians whose cosine is x."""
    return np.arccos(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def atan(x: Tensor):
    """The angle in radians whose tangent is x."""
    return np.arctan(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def sinh(x: Tensor):
    """The hyperbolic sine."""
    return np.sinh(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def cosh(x: Tensor):
    """The hyperbolic cosine."""
    return np.cosh(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def asinh(x: Tensor):
    """The inverse of `sinh`."""
    return np.arcsinh(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def acosh(x: Tensor):
    """The inverse of `cosh`."""
    return np.arccosh(wide(x)).astype(x.dtype)


@op(types="T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL, quantized=DERIVED)
def atanh(x: Tensor):
    """The inverse of `tanh`."""
    return np.arctanh(wide(x)).astype(x.dtype)
