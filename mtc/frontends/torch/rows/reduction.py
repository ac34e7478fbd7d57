"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torch

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.rows.elementwise import binary
from mtc.frontends.torch.table import Row, row
from mtc.frontends.torch.tensors import DTYPES
from mtc.ir.module import Value
from mtc.ir.opspec import OpSpec
from mtc.ir.types import BOOL, F32, F64, U8

Axes = int | Sequence[int] | None


def axes_of(dim: Axes) -> tuple[int, ...]:
    """None and an empty list are all axes."""
    return () if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


def _dimmed(op: OpSpec) -> Row:
    """Sums, products and means: computed in the result's dtype."""

    def convert(importer: Importer, x: Value, dim: Axes = None, keepdim: bool = False, dtype: object = None) -> Value:
        return importer.emit(op, importer.cast(x, importer.result_type().dtype), axes=axes_of(dim), keepdim=keepdim)

    return convert


row("mean", "mean.dim", by_parts=True)(_dimmed(ops.mean))
row("sum", "sum.dim_IntList", by_parts=True)(_dimmed(ops.sum))
row("prod", "prod.dim_int")(_dimmed(ops.prod))


def _of_truth(op: OpSpec) -> Row:
    def convert(importer: Importer, x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
        result = importer.emit(op, importer.cast(x, BOOL), axes=axes_of(dim), keepdim=keepdim)
        return importer.cast(result, importer.result_type().dtype)

    return convert


for _name in ("any", "all"):
    row(_name, f"{_name}.dim", f"{_name}.dims", f"_is_{_name}_true")(_of_truth(ops.OPS[_name]))


def extreme(importer: Importer, op: OpSpec, x: Value, axes: tuple[int, ...], keepdim: bool) -> Value:
    """amax or amin, of truth values too."""
    if x.type.dtype is BOOL:
        return importer.emit(ops.any if op is ops.amax else ops.all, x, axes=axes, keepdim=keepdim)
    return importer.emit(op, x, axes=axes, keepdim=keepdim)


def _extremes(least_or_most: str, op: OpSpec, place: OpSpec) -> None:
    @row(f"a{least_or_most}")
    def reduce(importer: Importer, x: Value, dim: Axes = (), keepdim: bool = False) -> Value:
        return extreme(importer, op, x, axes_of(dim), keepdim)

    @row(least_or_most)
    def reduce_all(importer: Importer, x: Value) -> Value:
        return extreme(importer, op, x, (), False)

    @row(f"{least_or_most}.dim")
    def with_index(importer: Importer, x: Value, dim: int, keepdim: bool = False) -> tuple[Value, Value]:
        values = extreme(importer, op, x, (dim,), keepdim)
        return values, arg(importer, x, dim, keepdim)

    @row(f"arg{least_or_most}")
    def arg(importer: Importer, x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
        number = x if x.type.dtype is not BOOL else importer.cast(x, DTYPES[torch.uint8])
        if dim is not None:
            return importer.emit(place, number, axis=dim, keepdim=keepdim)
        flat = importer.emit(place, importer.reshape(number, (number.type.count,)), axis=0)
        return importer.reshape(flat, (1,) * x.type.rank if keepdim else ())


_extremes("max", ops.amax, ops.argmax)
_extremes("min", ops.amin, ops.argmin)


@row("aminmax")
def aminmax(importer: Importer, x: Value, dim: int | None = None, keepdim: bool = False) -> tuple[Value, Value]:
    return extreme(importer, ops.amin, x, axes_of(dim), keepdim), extreme(importer, ops.amax, x, axes_of(dim), keepdim)


@row("var.correction")
def var(
    importer: Importer, x: Value, dim: Axes = None, correction: float | None = None, keepdim: bool = False
) -> Value:
    degrees = 1.0 if correction is None else float(correction)
    return importer.emit(ops.var, x, axes=axes_of(dim), correction=degrees, keepdim=keepdim)


@row("var")
def var_all(importer: Importer, x: Value, unbiased: bool = True) -> Value:
    return var(importer, x, correction=float(unbiased))


@row("var.dim")
def var_dim(importer: Importer, x: Value, dim: Axes, unbiased: bool = True, keepdim: bool = False) -> Value:
    return var(importer, x, dim, float(unbiased), keepdim)


@row("std.correction")
def std(
    importer: Importer, x: Value, dim: Axes = None, correction: float | None = None, keepdim: bool = False
) -> Value:
    return importer.emit(ops.sqrt, var(importer, x, dim, correction, keepdim))


@row("std")
def std_all(importer: Importer, x: Value, unbiased: bool = True) -> Value:
    return std(importer, x, correction=float(unbiased))


@row("std.dim")
def std_dim(importer: Importer, x: Value, dim: Axes, unbiased: bool = True, keepdim: bool = False) -> Value:
    return std(importer, x, dim, float(unbiased), keepdim)


@row("var_mean.correction")
def var_mean(
    importer: Importer, x: Value, dim: Axes = None, correction: float | None = None, keepdim: bool = False
) -> tuple[Value, Value]:
    mean = importer.emit(ops.mean, x, axes=axes_of(dim), keepdim=keepdim)
    return var(importer, x, dim, correction, keepdim), mean


@row("std_mean.correction")
def std_mean(
    importer: Importer, x: Value, dim: Axes = None, correction: float | None = None, keepdim: bool = False
) -> tuple[Value, Value]:
    variance, mean = var_mean(importer, x, dim, correction, keepdim)
    return importer.emit(ops.sqrt, variance), mean


@row("logsumexp")
def logsumexp(importer: Importer, x: Value, dim: Axes, keepdim: bool = False) -> Value:
    x = importer.cast(x, importer.result_type().dtype)
    return importer.emit(ops.logsumexp, x, axes=axes_of(dim), keepdim=keepdim)


@row("linalg_vector_norm")
def vector_norm(
    importer: Importer, x: Value, ord: float = 2, dim: Axes = None, keepdim: bool = False, dtype: object = None
) -> Value:
    result = importer.result_type().dtype
    x = importer.cast(x, result)
    attrs = {"axes": axes_of(dim), "keepdim": keepdim}
    size = importer.emit(ops.abs, x)
    if ord in (inf, -inf):
        return importer.emit(ops.amax if ord > 0 else ops.amin, size, **attrs)
    if ord == 1:
        return importer.emit(ops.sum, size, **attrs)
    if ord == 0:
        return importer.emit(ops.sum, importer.cast(importer.cast(x, BOOL), result), **attrs)
    wide = importer.cast(size, F64 if result is F64 else F32)  # squares of half floats overflow
    if ord == 2:
        total = importer.emit(ops.sqrt, importer.emit(ops.sum, importer.emit(ops.square, wide), **attrs))
    else:
        powers = binary(importer, ops.pow, wide, float(ord), wide.type.dtype)
        total = binary(importer, ops.pow, importer.emit(ops.sum, powers, **attrs), 1 / ord, wide.type.dtype)
    return importer.cast(total, result)


@row("norm.Scalar", "norm.ScalarOpt_dim", "norm.ScalarOpt_dim_dtype", "norm.ScalarOpt_dtype")
def norm(
    importer: Importer, x: Value, p: float | None = 2, dim: Axes = None, keepdim: bool = False, dtype: object = None
) -> Value:
    return vector_norm(importer, x, 2 if p is None else p, dim, keepdim)


@row("dist")
def dist(importer: Importer, x: Value, other: Value, p: float = 2) -> Value:
    return vector_norm(importer, binary(importer, ops.sub, x, other), p)


def _along(op: OpSpec) -> Row:
    def convert(importer: Importer, x: Value, dim: int, dtype: object = None) -> Value:
        if not isinstance(dim, int):
            raise Unsupported("a dim that has a name")
        return importer.emit(op, importer.cast(x, importer.result_type().dtype), axis=dim)

    return convert


row("softmax.int", "special_softmax", "_softmax", "_safe_softmax")(_along(ops.softmax))
row("log_softmax.int", "special_log_softmax", "_log_softmax")(_along(ops.log_softmax))
row("cumsum", by_parts=True)(_along(ops.cumsum))
row("cumprod")(_along(ops.cumprod))
row("logcumsumexp")(_along(ops.logcumsumexp))


def _running(op: OpSpec) -> Row:
    def convert(importer: Importer, x: Value, dim: int) -> tuple[Value, ...]:
        if x.type.dtype is not BOOL:
            return importer.several(op, x, axis=dim)
        values, places = importer.several(op, importer.cast(x, U8), axis=dim)
        return importer.cast(values, BOOL), places

    return convert


row("cummax")(_running(ops.cummax))
row("cummin")(_running(ops.cummin))
