"""Comparison of two operands, broadcast as NumPy does, and the choice between two by a condition."""

from __future__ import annotations

import numpy as np

from mtc.ops.define import ANY, COMMUTATIVE, ELEMENTWISE, Accuracy, Tensor, op


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def eq(x: Tensor, y: Tensor):
    """Whether `x == y`; NaN equals nothing."""
    return np.equal(x, y)


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE, COMMUTATIVE), accuracy=Accuracy.EXACT)
def ne(x: Tensor, y: Tensor):
    """Whether `x != y`; NaN differs from everything."""
    return np.not_equal(x, y)


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def lt(x: Tensor, y: Tensor):
    """Whether `x < y`."""
    return np.less(x, y)


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def le(x: Tensor, y: Tensor):
    """Whether `x <= y`."""
    return np.less_equal(x, y)


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def gt(x: Tensor, y: Tensor):
    """Whether `x > y`."""
    return np.greater(x, y)


@op(types="T, T -> bool", T=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def ge(x: Tensor, y: Tensor):
    """Whether `x >= y`."""
    return np.greater_equal(x, y)


@op(types="bool, T, T -> T", T=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def where(condition: Tensor, x: Tensor, y: Tensor):
    """`x` where `condition` holds, `y` elsewhere."""
    return np.where(condition, x, y)
