"""Logic of truth values, and of the bits of integers."""

from __future__ import annotations

import numpy as np

from mtc.ops.define import COMMUTATIVE, ELEMENTWISE, INTEGERS, Accuracy, Tensor, op


@op(types="bool, bool -> bool", traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def logical_and(x: Tensor, y: Tensor):
    """Whether both hold."""
    return np.logical_and(x, y)


@op(types="bool, bool -> bool", traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def logical_or(x: Tensor, y: Tensor):
    """Whether one holds, or both."""
    return np.logical_or(x, y)


@op(types="bool, bool -> bool", traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def logical_xor(x: Tensor, y: Tensor):
    """Whether one holds, but not both."""
    return np.logical_xor(x, y)


@op(types="bool -> bool", traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def logical_not(x: Tensor):
    """Whether it does not hold."""
    return np.logical_not(x)


@op(types="T, T -> T", T=INTEGERS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def bitwise_and(x: Tensor, y: Tensor):
    """The bits that both have."""
    return np.bitwise_and(x, y)


@op(types="T, T -> T", T=INTEGERS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def bitwise_or(x: Tensor, y: Tensor):
    """The bits that one has, or both."""
    return np.bitwise_or(x, y)


@op(types="T, T -> T", T=INTEGERS, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def bitwise_xor(x: Tensor, y: Tensor):
    """The bits that one has, but not both."""
    return np.bitwise_xor(x, y)


@op(types="T -> T", T=INTEGERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def bitwise_not(x: Tensor):
    """The bits it does not have."""
    return np.bitwise_not(x)


def _is_shift(x: Tensor, y: Tensor) -> Tensor:
    return (y >= 0) & (y < x.dtype.itemsize * 8)


@op(types="T, T -> T", T=INTEGERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def bitwise_left_shift(x: Tensor, y: Tensor):
    """`x * 2^y`; bits that leave the word are lost. Zero if y is negative or not less than the width."""
    return np.where(_is_shift(x, y), np.left_shift(x, np.where(_is_shift(x, y), y, 0)), 0).astype(x.dtype)


@op(types="T, T -> T", T=INTEGERS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def bitwise_right_shift(x: Tensor, y: Tensor):
    """`x / 2^y`, rounded down. Zero, or -1 of what is negative, if y is negative or not less than the width."""
    return np.where(_is_shift(x, y), np.right_shift(x, np.where(_is_shift(x, y), y, 0)), np.where(x < 0, -1, 0))
