"""Conversion between element types."""

from __future__ import annotations

import numpy as np

from mtc.ops.define import ANY, DERIVED, ELEMENTWISE, FLOATS, QI4, QI8, QU8, Accuracy, DType, Tensor, op


@op(types="T -> S", T=ANY, S=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def cast(x: Tensor, *, dtype: DType):
    """`x` in another dtype. Floats round to nearest even; to integers they are truncated and integers wrap, as in C;
    a float outside an integer's range gives no particular number. To `bool`: whether it is not zero."""
    if dtype.is_integer and x.dtype.kind not in "iub":
        return np.trunc(x.astype(np.float64)).astype(np.int64).astype(dtype.numpy)
    return x.astype(dtype.numpy)


@op(types="F -> Q", F=FLOATS, Q=(QI8, QU8), traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def quantize(x: Tensor, *, dtype: DType):
    """The integers nearest to `x`, by the result's scale and zero point: rounded half to even, saturated; NaN becomes
    the zero point."""
    return x


@op(types="Q -> F", Q=(QI8, QU8, QI4), F=FLOATS, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def dequantize(x: Tensor, *, dtype: DType):
    """The real numbers that quantized elements stand for."""
    return x


@op(types="Q -> R", Q=(QI8, QU8), R=(QI8, QU8), traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT, quantized=DERIVED)
def requantize(x: Tensor, *, dtype: DType):
    """The same real numbers by another scale and zero point, rounded half to even and saturated."""
    return x
