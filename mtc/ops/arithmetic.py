"""Arithmetic of two operands, broadcast as NumPy does."""

from __future__ import annotations

from enum import Enum

import numpy as np

from mtc.ir.dims import Shape
from mtc.ops.define import (
    COMMUTATIVE,
    DERIVED,
    ELEMENTWISE,
    FLOATS,
    NUMBERS,
    Accuracy,
    Tensor,
    TensorType,
    broadcast,
    op,
    require,
)
from mtc.ops.math import wide


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE, COMMUTATIVE), quantized=DERIVED)
def add(x: Tensor, y: Tensor):
    """`x + y`; integers wrap."""
    return np.add(x, y)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE, COMMUTATIVE), quantized=DERIVED)
def mul(x: Tensor, y: Tensor):
    """`x * y`; integers wrap."""
    return np.multiply(x, y)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE,), quantized=DERIVED)
def sub(x: Tensor, y: Tensor):
    """`x - y`; integers wrap."""
    return np.subtract(x, y)


class Rounding(Enum):
    """What becomes of a quotient that is not whole."""

    NONE = "none"
    FLOOR = "floor"
    TRUNC = "trunc"


def divided_shape(x: TensorType, y: TensorType, *, rounding: Rounding) -> Shape:
    is_real = not x.dtype.is_integer
    require(rounding is not Rounding.NONE or is_real, "integers are divided with a rounding, or cast before")
    return broadcast(x.shape, y.shape)


@op(types="T, T -> T", T=NUMBERS, infer=divided_shape, traits=(ELEMENTWISE,), quantized=DERIVED)
def div(x: Tensor, y: Tensor, *, rounding: Rounding = Rounding.NONE):
    """`x / y`, then rounded. An integer divided by zero is an error when it runs."""
    if rounding is Rounding.NONE:
        return (wide(x) / wide(y)).astype(x.dtype)
    _refuse_zero(y)
    if rounding is Rounding.FLOOR:
        return np.floor_divide(x, y)
    if x.dtype.kind in "iu":
        quotient = np.floor_divide(x, y)
        return quotient + ((quotient < 0) & (quotient * y != x)).astype(x.dtype)
    return np.trunc(wide(x) / wide(y)).astype(x.dtype)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE,))
def remainder(x: Tensor, y: Tensor):
    """What `x` leaves over a whole multiple of `y`, with the sign of `y`. An integer zero `y` is an error when it
    runs."""
    _refuse_zero(y)
    return np.remainder(x, y)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE,))
def fmod(x: Tensor, y: Tensor):
    """What `x` leaves over a whole multiple of `y`, with the sign of `x`. An integer zero `y` is an error when it
    runs."""
    _refuse_zero(y)
    return np.fmod(x, y)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL)
def pow_(x: Tensor, y: Tensor):
    """`x` to the power of `y`. Integers wrap; a negative integer power of ±1 is ±1, of anything else 0."""
    if x.dtype.kind not in "iu":
        return np.power(wide(x), wide(y)).astype(x.dtype)
    result = np.power(x, np.maximum(y, 0))
    fraction = np.where(x == 1, 1, np.where((x == -1), 1 - 2 * (y % 2), 0)) if x.dtype.kind == "i" else 0
    return np.where(y < 0, fraction, result).astype(x.dtype)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT, quantized=DERIVED)
def maximum(x: Tensor, y: Tensor):
    """The larger of two; NaN if either is."""
    return np.maximum(x, y)


@op(types="T, T -> T", T=NUMBERS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT, quantized=DERIVED)
def minimum(x: Tensor, y: Tensor):
    """The smaller of two; NaN if either is."""
    return np.minimum(x, y)


@op(types="T, T -> T", T=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.TRANSCENDENTAL)
def atan2(x: Tensor, y: Tensor):
    """The angle in radians, between -pi and pi, of the point whose ordinate is `x` and abscissa `y`."""
    return np.arctan2(wide(x), wide(y)).astype(x.dtype)


@op(types="T, T -> T", T=FLOATS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.TRANSCENDENTAL)
def hypot(x: Tensor, y: Tensor):
    """`sqrt(x * x + y * y)`, without overflow on the way: infinite where either is, even beside NaN."""
    return np.hypot(wide(x), wide(y)).astype(x.dtype)


def _refuse_zero(y: Tensor) -> None:
    if y.dtype.kind in "iu" and not np.all(y):
        raise ZeroDivisionError("integer division by zero")
