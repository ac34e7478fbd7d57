"""Writing elements at places that tensors name, one for each element."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from mtc import ops
from mtc.frontends.torch.importer import Importer, Number, Operand
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.table import row
from mtc.ir.dims import Dim
from mtc.ir.module import Value
from mtc.ir.types import BOOL, I64
from mtc.ops.arithmetic import Rounding
from mtc.ops.indexing import Reduce

_REDUCES = {
    "add": Reduce.SUM,
    "multiply": Reduce.PROD,
    "sum": Reduce.SUM,
    "prod": Reduce.PROD,
    "amax": Reduce.AMAX,
    "amin": Reduce.AMIN,
}


@row("scatter.src", "scatter.value", "scatter.reduce", "scatter.value_reduce")
def scatter(importer: Importer, x: Value, dim: int, index: Value, src: Operand, reduce: str | None = None) -> Value:
    values = importer.tensor(src, x.type.dtype)
    if not isinstance(src, Value):
        values = importer.expand(values, index.type.shape)
    how = Reduce.REPLACE if reduce is None else _REDUCES[reduce]
    is_truth = x.type.dtype is BOOL
    x, values = (importer.cast(v, I64) if is_truth else v for v in (x, values))
    result = importer.emit(ops.scatter, x, importer.cast(index, I64), values, axis=dim, reduce=how)
    return importer.cast(result, BOOL) if is_truth else result


@row("scatter_add")
def scatter_add(importer: Importer, x: Value, dim: int, index: Value, src: Value) -> Value:
    return scatter(importer, x, dim, index, src, "add")


@row("scatter_reduce.two")
def scatter_reduce(
    importer: Importer, x: Value, dim: int, index: Value, src: Value, reduce: str, include_self: bool = True
) -> Value:
    """The mean is a sum and a count; without the elements that are there, those that others reach start anew."""
    if not include_self:
        x = scatter(importer, x, dim, index, _neutral(x, reduce))
    if reduce != "mean":
        return scatter(importer, x, dim, index, src, reduce)
    zeros, one = importer.full(x.type.shape, 0, I64), importer.full(index.type.shape, 1, I64)
    count = scatter(importer, zeros, dim, index, one, "sum")
    own = importer.scalar(1, I64)
    count = importer.emit(ops.add if include_self else ops.maximum, count, own)
    total = scatter(importer, x, dim, index, src, "sum")
    rounding = Rounding.NONE if x.type.dtype.is_float else Rounding.FLOOR
    return importer.emit(ops.div, total, importer.cast(count, x.type.dtype), rounding=rounding)


def _neutral(x: Value, reduce: str) -> float | int:
    """What changes nothing when it is reduced with."""
    if reduce not in ("amax", "amin"):
        return int(reduce == "prod")
    if x.type.dtype.is_float:
        return -inf if reduce == "amax" else inf
    ends = np.iinfo(x.type.dtype.numpy)
    return int(ends.min if reduce == "amax" else ends.max)


def _along(importer: Importer, x: Value, dim: int, index: Value, shape: Sequence[Dim]) -> Value:
    """A one-dimensional index as one for each element of `shape`."""
    axis = dim % max(x.type.rank, 1)
    wide: list[Dim] = [1] * x.type.rank
    wide[axis] = index.type.count
    return importer.expand(importer.reshape(importer.cast(index, I64), wide), shape)


@row("index_add")
def index_add(importer: Importer, x: Value, dim: int, index: Value, source: Value, alpha: Number = 1) -> Value:
    source = source if alpha == 1 else binary(importer, ops.mul, source, alpha)
    return scatter(importer, x, dim, _along(importer, x, dim, index, source.type.shape), source, "add")


@row("index_reduce")
def index_reduce(
    importer: Importer, x: Value, dim: int, index: Value, source: Value, reduce: str, include_self: bool = True
) -> Value:
    places = _along(importer, x, dim, index, source.type.shape)
    return scatter_reduce(importer, x, dim, places, source, reduce, include_self)


@row("index_copy")
def index_copy(importer: Importer, x: Value, dim: int, index: Value, source: Value) -> Value:
    if x.type.rank == 0:
        return importer.reshape(source, ())
    places = importer.reshape(importer.cast(index, I64), (index.type.count,))
    return importer.emit(ops.index_copy, x, places, source, axis=dim)


@row("index_fill.int_Scalar", "index_fill.int_Tensor")
def index_fill(importer: Importer, x: Value, dim: int, index: Value, value: Operand) -> Value:
    shape = [*x.type.shape]
    shape[dim] = index.type.count
    filled = importer.expand(importer.tensor(value, x.type.dtype), shape)
    return scatter(importer, x, dim, _along(importer, x, dim, index, shape), filled)
