"""Arithmetic of two operands, broadcast as NumPy does."""

from __future__ import annotations

import numpy as np

from mtc.ops.define import COMMUTATIVE, DERIVED, ELEMENTWISE, NUMBERS, Tensor, op


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
