"""Tensors made from sizes and numbers, and conversion between dtypes."""

from __future__ import annotations

import torch

from mtc import ops
from mtc.frontends.torch.importer import Importer, Operand, Unsupported
from mtc.frontends.torch.table import row
from mtc.frontends.torch.tensors import to_numpy, to_torch
from mtc.ir.dims import Dim, Expr
from mtc.ir.module import Value
from mtc.ir.types import F64, I64


@row("to.dtype", "to.device", "to.dtype_layout", "to.other", "_to_copy", "type_as", "to.prim_Device", "to.prim_dtype")
def convert(importer: Importer, x: Value, *_: object, **__: object) -> Value:
    """A dtype is all that conversion can change: there is one device and one layout."""
    return importer.cast(x, importer.result_type().dtype)


def _filled(importer: Importer, value: Operand) -> Value:
    result = importer.result_type()
    return importer.expand(importer.tensor(value, result.dtype), result.shape)


@row(
    *("zeros", "zeros_like", "new_zeros", "empty.memory_format", "empty_like", "new_empty", "empty_permuted", "zero"),
    by_parts=True,
)
def zeros(importer: Importer, *_: object, **__: object) -> Value:
    """What stands in memory that nobody has written to is zero here."""
    return _filled(importer, 0)


@row("new_empty_strided", "empty_strided")
def empty_strided(importer: Importer, *_: object, **__: object) -> Value:
    return _filled(importer, 0)


@row("ones", "ones_like", "new_ones")
def ones(importer: Importer, *_: object, **__: object) -> Value:
    return _filled(importer, 1)


@row("full", "full_like", "new_full", "fill.Scalar", "fill.Tensor")
def full(importer: Importer, _: object, *args: Operand, **kwargs: object) -> Value:
    return _filled(importer, kwargs["fill_value"] if "fill_value" in kwargs else args[-1])  # type: ignore[arg-type]


@row("scalar_tensor")
def scalar_tensor(importer: Importer, s: Operand, **_: object) -> Value:
    return importer.tensor(s, importer.result_type().dtype)


@row("copy", by_parts=True)
def copy(importer: Importer, x: Value, src: Value, non_blocking: bool = False) -> Value:
    return importer.expand(importer.cast(src, x.type.dtype), x.type.shape)


def _range(importer: Importer, start: Operand, end: Operand, step: Operand) -> Value:
    """torch has computed how many numbers there are; fractions it computes in f64 from their places."""
    result = importer.result_type()
    is_whole = all(isinstance(number, (int, Expr)) for number in (start, end, step))
    if isinstance(start, (int, Expr)) and isinstance(end, (int, Expr)) and isinstance(step, int):
        return importer.cast(_counted(importer, start, end, step, result.shape[0]), result.dtype)
    if isinstance(start, (int, float)) and isinstance(end, (int, float)) and isinstance(step, (int, float)):
        return importer.constant(to_numpy(torch.arange(start, end, step, dtype=to_torch(result.dtype))))
    if not is_whole and not result.dtype.is_float:
        raise Unsupported("a range of integers from fractions")
    dtype = I64 if is_whole else F64
    places = importer.cast(count_up(importer, result.shape[0]), dtype)
    steps = importer.emit(ops.mul, places, importer.tensor(step, dtype))
    return importer.cast(importer.emit(ops.add, steps, importer.tensor(start, dtype)), result.dtype)


def count_up(importer: Importer, size: Dim) -> Value:
    """0, 1, ... below `size`, which torch knows not to be negative."""
    return _counted(importer, 0, size, 1, size)


def _counted(importer: Importer, start: Dim, end: Dim, step: int, count: Dim) -> Value:
    numbers = importer.emit(ops.arange, range=(start, end, step))
    return numbers if numbers.type.shape == (count,) else importer.emit(ops.reshape, numbers, shape=(count,))


@row("arange")
def arange(importer: Importer, end: Operand, **_: object) -> Value:
    return _range(importer, 0, end, 1)


@row("arange.start")
def arange_start(importer: Importer, start: Operand, end: Operand, **_: object) -> Value:
    return _range(importer, start, end, 1)


@row("arange.start_step")
def arange_step(importer: Importer, start: Operand, end: Operand, step: Operand = 1, **_: object) -> Value:
    return _range(importer, start, end, step)


def _triangle(importer: Importer, x: Value, diagonal: Dim, is_lower: bool) -> Value:
    rows, columns = x.type.shape[-2:]
    i = importer.reshape(count_up(importer, rows), (rows, 1))
    j = count_up(importer, columns)
    limit = importer.emit(ops.add, i, importer.tensor(diagonal, I64))
    kept = importer.emit(ops.le if is_lower else ops.ge, j, limit)
    return importer.emit(ops.where, kept, x, importer.scalar(0, x.type.dtype))


@row("tril", by_parts=True)
def tril(importer: Importer, x: Value, diagonal: Dim = 0) -> Value:
    return _triangle(importer, x, diagonal, True)


@row("triu", by_parts=True)
def triu(importer: Importer, x: Value, diagonal: Dim = 0) -> Value:
    return _triangle(importer, x, diagonal, False)
