"""Conversion between element types."""

from __future__ import annotations

import numpy as np

from mtc.ops.define import ANY, ELEMENTWISE, Accuracy, DType, Tensor, op


@op(types="T -> S", T=ANY, S=ANY, traits=(ELEMENTWISE,), accuracy=Accuracy.EXACT)
def cast(x: Tensor, *, dtype: DType):
    """`x` in another dtype. Floats round to nearest even; to integers they are truncated and integers wrap, as in C;
    a float outside an integer's range gives no particular number. To `bool`: whether it is not zero."""
    if dtype.is_integer and x.dtype.kind not in "iub":
        return np.trunc(x.astype(np.float64)).astype(np.int64).astype(dtype.numpy)
    return x.astype(dtype.numpy)
