"""Tensors made from sizes. A tensor of one value is a constant that is expanded."""

from __future__ import annotations

from typing import Any

import numpy as np

from mtc.ir.dims import Shape, ceil_div, maximum
from mtc.ops.define import Accuracy, Dims, op, require


def arange_shape(*, range: Shape) -> Shape:
    require(len(range) == 3 and isinstance(range[2], int) and range[2] != 0, "range is start, end and a step")
    start, end, step = range
    return (maximum(ceil_div(end - start, step) if step > 0 else ceil_div(start - end, -step), 0),)


@op(types="-> i64", infer=arange_shape, accuracy=Accuracy.EXACT)
def arange(*, range: Dims):
    """The numbers from `range[0]` until before `range[1]` in steps of `range[2]`, which is a number."""
    numbers: Any = np.arange(*range, dtype=np.int64)
    return numbers


@op(types="-> i64", infer=lambda *, sizes: (len(sizes),), accuracy=Accuracy.EXACT)
def size_to_tensor(*, sizes: Dims):
    """Sizes as elements of a one-dimensional tensor."""
    return np.array(sizes, np.int64)
